/** @file
 * CONFIG=cloud: virtual machines that nobody sits in front of. What their scripts need stays, whatever
 * the defaults become.
 */
#define PARAM_CMD
#define POWEROFF_CMD
#define CPUID_CMD
#define NTP_CMD

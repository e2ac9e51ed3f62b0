/** @file
 * Documentation from the command table.
 */
#ifndef PLATFORM_HOST_COMMANDS_MD_H
#define PLATFORM_HOST_COMMANDS_MD_H

/** Print docs/commands.md on standard output. */
void commands_md ( void );

#endif /* PLATFORM_HOST_COMMANDS_MD_H */

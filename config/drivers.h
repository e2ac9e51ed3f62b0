/** @file
 * NIC drivers in the "all drivers" images.
 */
#ifndef CONFIG_DRIVERS_H
#define CONFIG_DRIVERS_H

#ifndef PLATFORM_HOST
#define DRIVER_VIRTIO_NET /* virtio-net, legacy and modern PCI */
#define DRIVER_INTEL      /* Intel e1000 and e1000e families */
#define DRIVER_REALTEK    /* RTL8139 */
#endif
#ifdef PLATFORM_EFI
#define DRIVER_SNP /* Any other NIC, through the firmware's own driver */
#endif
#ifdef PLATFORM_HOST
#define DRIVER_TAP /* Linux TAP device */
#endif

#include "config/overrides/drivers.h"

#endif /* CONFIG_DRIVERS_H */

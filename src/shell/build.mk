obj-y += shell/autoboot.o shell/banner.o shell/command.o shell/complete.o shell/execute.o
obj-y += shell/history.o shell/lexer.o shell/main.o
obj-y += shell/netif_print.o shell/pxe_menu.o shell/readline.o shell/shell.o

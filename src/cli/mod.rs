//! Words in, words out: the subcommands of ipvsctl and the arguments of ipvsd.

//! Numbers of the netlink protocols used here, each written once: netlink itself, the generic netlink controller and
//! the family `IPVS` (include/uapi/linux/{netlink,genetlink,ip_vs}.h).

/// netlink message types and flags.
pub(super) mod nl {
    pub(in crate::ipvs) const NETLINK_GENERIC: isize = 16;
    pub(in crate::ipvs) const ERROR: u16 = 2;
    pub(in crate::ipvs) const DONE: u16 = 3;
    pub(in crate::ipvs) const F_REQUEST: u16 = 0x001;
    pub(in crate::ipvs) const F_ACK: u16 = 0x004;
    pub(in crate::ipvs) const F_DUMP: u16 = 0x300;
    /// In an error: the failed request was cut to its header.
    pub(in crate::ipvs) const F_CAPPED: u16 = 0x100;
    /// In an error: attributes follow.
    pub(in crate::ipvs) const F_ACK_TLVS: u16 = 0x200;
    /// Attribute of an error: text.
    pub(in crate::ipvs) const ERROR_TEXT: u16 = 1;
    /// Without the flags for nesting and byte order.
    pub(in crate::ipvs) const ATTRIBUTE_MASK: u16 = 0x3fff;
}

/// The generic netlink controller.
pub(super) mod controller {
    pub(in crate::ipvs) const FAMILY: u16 = 0x10;
    pub(in crate::ipvs) const GET_FAMILY: u8 = 3;
    pub(in crate::ipvs) const FAMILY_ID: u16 = 1;
    pub(in crate::ipvs) const FAMILY_NAME: u16 = 2;
}

/// Commands of the family `IPVS`.
pub(super) mod command {
    pub(in crate::ipvs) const NEW_SERVICE: u8 = 1;
    pub(in crate::ipvs) const SET_SERVICE: u8 = 2;
    pub(in crate::ipvs) const DELETE_SERVICE: u8 = 3;
    pub(in crate::ipvs) const GET_SERVICE: u8 = 4;
    pub(in crate::ipvs) const NEW_DEST: u8 = 5;
    pub(in crate::ipvs) const SET_DEST: u8 = 6;
    pub(in crate::ipvs) const DELETE_DEST: u8 = 7;
    pub(in crate::ipvs) const GET_DEST: u8 = 8;
    pub(in crate::ipvs) const NEW_DAEMON: u8 = 9;
    pub(in crate::ipvs) const DELETE_DAEMON: u8 = 10;
    pub(in crate::ipvs) const GET_DAEMON: u8 = 11;
    pub(in crate::ipvs) const SET_CONFIG: u8 = 12;
    pub(in crate::ipvs) const GET_CONFIG: u8 = 13;
    pub(in crate::ipvs) const GET_INFO: u8 = 15;
    pub(in crate::ipvs) const ZERO: u8 = 16;
}

/// Attributes at the top of a message.
pub(super) mod top {
    pub(in crate::ipvs) const SERVICE: u16 = 1;
    pub(in crate::ipvs) const DEST: u16 = 2;
    pub(in crate::ipvs) const DAEMON: u16 = 3;
    pub(in crate::ipvs) const TIMEOUT_TCP: u16 = 4;
    pub(in crate::ipvs) const TIMEOUT_TCP_FIN: u16 = 5;
    pub(in crate::ipvs) const TIMEOUT_UDP: u16 = 6;
}

/// Attributes at the top of the answer to `GET_INFO`, which has numbers of its own.
pub(super) mod info {
    pub(in crate::ipvs) const VERSION: u16 = 1;
    pub(in crate::ipvs) const CONNECTION_TABLE_SIZE: u16 = 2;
}

pub(super) mod service {
    pub(in crate::ipvs) const FAMILY: u16 = 1;
    pub(in crate::ipvs) const PROTOCOL: u16 = 2;
    pub(in crate::ipvs) const ADDRESS: u16 = 3;
    pub(in crate::ipvs) const PORT: u16 = 4;
    pub(in crate::ipvs) const MARK: u16 = 5;
    pub(in crate::ipvs) const SCHEDULER: u16 = 6;
    pub(in crate::ipvs) const FLAGS: u16 = 7;
    pub(in crate::ipvs) const TIMEOUT: u16 = 8;
    pub(in crate::ipvs) const MASK: u16 = 9;
    pub(in crate::ipvs) const STATS: u16 = 10;
    pub(in crate::ipvs) const ENGINE: u16 = 11;
    pub(in crate::ipvs) const STATS64: u16 = 12;

    pub(in crate::ipvs) const PERSISTENT: u32 = 0x01;
    pub(in crate::ipvs) const ONE_PACKET: u32 = 0x04;
    pub(in crate::ipvs) const FIRST_FLAG: u32 = 0x08;
    pub(in crate::ipvs) const SECOND_FLAG: u32 = 0x10;
    pub(in crate::ipvs) const THIRD_FLAG: u32 = 0x20;
    /// The flags that belong to the user; the kernel keeps bits outside the mask as they are.
    pub(in crate::ipvs) const OUR_FLAGS: u32 =
        PERSISTENT | ONE_PACKET | FIRST_FLAG | SECOND_FLAG | THIRD_FLAG;
}

/// Attributes inside DEST; not the numbers of SERVICE.
pub(super) mod dest {
    pub(in crate::ipvs) const ADDRESS: u16 = 1;
    pub(in crate::ipvs) const PORT: u16 = 2;
    pub(in crate::ipvs) const FORWARDING: u16 = 3;
    pub(in crate::ipvs) const WEIGHT: u16 = 4;
    pub(in crate::ipvs) const UPPER_THRESHOLD: u16 = 5;
    pub(in crate::ipvs) const LOWER_THRESHOLD: u16 = 6;
    pub(in crate::ipvs) const ACTIVE: u16 = 7;
    pub(in crate::ipvs) const INACTIVE: u16 = 8;
    pub(in crate::ipvs) const PERSISTENT: u16 = 9;
    pub(in crate::ipvs) const STATS: u16 = 10;
    pub(in crate::ipvs) const FAMILY: u16 = 11;
    pub(in crate::ipvs) const STATS64: u16 = 12;
    pub(in crate::ipvs) const TUNNEL_TYPE: u16 = 13;
    pub(in crate::ipvs) const TUNNEL_PORT: u16 = 14;
    pub(in crate::ipvs) const TUNNEL_FLAGS: u16 = 15;

    /// The bits of FORWARDING that hold the method.
    pub(in crate::ipvs) const METHOD_MASK: u32 = 7;
    pub(in crate::ipvs) const MASQ: u32 = 0;
    pub(in crate::ipvs) const LOCAL: u32 = 1;
    pub(in crate::ipvs) const TUNNEL: u32 = 2;
    pub(in crate::ipvs) const DIRECT: u32 = 3;
    pub(in crate::ipvs) const BYPASS: u32 = 4;

    pub(in crate::ipvs) const IPIP: u8 = 0;
    pub(in crate::ipvs) const GUE: u8 = 1;
    pub(in crate::ipvs) const GRE: u8 = 2;

    pub(in crate::ipvs) const CHECKSUM: u16 = 1;
    pub(in crate::ipvs) const REMOTE_CHECKSUM: u16 = 2;
}

/// Attributes inside STATS and STATS64.
pub(super) mod stats {
    pub(in crate::ipvs) const CONNECTIONS: u16 = 1;
    pub(in crate::ipvs) const PACKETS_IN: u16 = 2;
    pub(in crate::ipvs) const PACKETS_OUT: u16 = 3;
    pub(in crate::ipvs) const BYTES_IN: u16 = 4;
    pub(in crate::ipvs) const BYTES_OUT: u16 = 5;
    pub(in crate::ipvs) const CONNECTIONS_RATE: u16 = 6;
    pub(in crate::ipvs) const PACKETS_IN_RATE: u16 = 7;
    pub(in crate::ipvs) const PACKETS_OUT_RATE: u16 = 8;
    pub(in crate::ipvs) const BYTES_IN_RATE: u16 = 9;
    pub(in crate::ipvs) const BYTES_OUT_RATE: u16 = 10;
}

pub(super) mod daemon {
    pub(in crate::ipvs) const STATE: u16 = 1;
    pub(in crate::ipvs) const INTERFACE: u16 = 2;
    pub(in crate::ipvs) const SYNC_ID: u16 = 3;
    pub(in crate::ipvs) const MAX_LENGTH: u16 = 4;
    pub(in crate::ipvs) const GROUP: u16 = 5;
    pub(in crate::ipvs) const GROUP6: u16 = 6;
    /// In host order, unlike every other port of the family.
    pub(in crate::ipvs) const PORT: u16 = 7;
    pub(in crate::ipvs) const TTL: u16 = 8;

    pub(in crate::ipvs) const MASTER: u32 = 1;
    pub(in crate::ipvs) const BACKUP: u32 = 2;
}

/// Address families as numbers.
pub(super) mod family {
    pub(in crate::ipvs) const IPV4: u16 = 2;
    pub(in crate::ipvs) const IPV6: u16 = 10;
}

/// Transport protocols as numbers.
pub(super) mod protocol {
    pub(in crate::ipvs) const TCP: u16 = 6;
    pub(in crate::ipvs) const UDP: u16 = 17;
    pub(in crate::ipvs) const SCTP: u16 = 132;
}

//! One line of a saved table: the words that `ipvsadm -R` takes after `-A` and `-a`, in any order.

use director_core::model::Protocol;

/// A command as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WrittenCommand<'a> {
    pub(super) adds: Option<Added>,
    pub(super) service: Option<WrittenService<'a>>,
    /// The IPv6 service of a mark.
    pub(super) ipv6: bool,
    pub(super) scheduler: Option<&'a str>,
    /// Persistent, with a time if one is written.
    pub(super) persistent: Option<Option<&'a str>>,
    pub(super) netmask: Option<&'a str>,
    pub(super) engine: Option<&'a str>,
    pub(super) one_packet: bool,
    /// Flags of the scheduler; `ipvsadm -S` writes none where it has no word for the one that is set.
    pub(super) flags: Option<&'a str>,
    pub(super) server: Option<&'a str>,
    pub(super) method: Option<WrittenMethod>,
    pub(super) weight: Option<&'a str>,
    pub(super) upper_threshold: Option<&'a str>,
    pub(super) lower_threshold: Option<&'a str>,
    pub(super) tunnel: Option<&'a str>,
    pub(super) tunnel_port: Option<&'a str>,
    pub(super) checksum: Option<WrittenChecksum>,
}

/// What a command adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    Service,
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenService<'a> {
    Address(Protocol, &'a str),
    Mark(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenMethod {
    Masq,
    Direct,
    Tunnel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenChecksum {
    Off,
    On,
    Remote,
}

/// The command in a line; none in an empty line and in a comment.
pub(super) fn written_command(line: &str) -> Result<Option<WrittenCommand<'_>>, String> {
    let mut words = line.split_whitespace().peekable();
    match words.peek() {
        None => return Ok(None),
        Some(first) if first.starts_with('#') => return Ok(None),
        // As in a script.
        Some(first) if first.rsplit('/').next() == Some("ipvsadm") => drop(words.next()),
        Some(_) => {}
    }
    let mut command = WrittenCommand::default();
    while let Some(word) = words.next() {
        let (option, attached) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (word, None),
        };
        // Marks above 2^31-1 are written as negative numbers.
        let is_mark = matches!(option, "-f" | "--fwmark-service");
        let is_value =
            |next: &&str| !next.starts_with('-') || is_mark && next.parse::<i32>().is_ok();
        let mut value = || attached.or_else(|| words.next_if(is_value));
        command.take(option, &mut value)?;
    }
    Ok(Some(command))
}

impl<'a> WrittenCommand<'a> {
    fn take(
        &mut self,
        option: &str,
        value: &mut dyn FnMut() -> Option<&'a str>,
    ) -> Result<(), String> {
        let twice = || Err(format!("{option} is there twice"));
        let place = match option {
            "-p" | "--persistent" => {
                return match self.persistent.replace(value()) {
                    None => Ok(()),
                    Some(_) => twice(),
                };
            }
            "-b" | "--sched-flags" => {
                return match self.flags.replace(value().unwrap_or_default()) {
                    None => Ok(()),
                    Some(_) => twice(),
                };
            }
            "-t" | "--tcp-service" | "-u" | "--udp-service" | "--sctp-service" | "-f"
            | "--fwmark-service" => return self.take_service(option, value),
            "-s" | "--scheduler" => &mut self.scheduler,
            "-M" | "--netmask" => &mut self.netmask,
            "--pe" => &mut self.engine,
            "-r" | "--real-server" => &mut self.server,
            "-w" | "--weight" => &mut self.weight,
            "-x" | "--u-threshold" => &mut self.upper_threshold,
            "-y" | "--l-threshold" => &mut self.lower_threshold,
            "--tun-type" => &mut self.tunnel,
            "--tun-port" => &mut self.tunnel_port,
            _ => return self.take_flag(option),
        };
        let value = value().ok_or_else(|| format!("{option} needs a value"))?;
        match place.replace(value) {
            None => Ok(()),
            Some(_) => twice(),
        }
    }

    fn take_service(
        &mut self,
        option: &str,
        value: &mut dyn FnMut() -> Option<&'a str>,
    ) -> Result<(), String> {
        let is_mark = matches!(option, "-f" | "--fwmark-service");
        let value = match value() {
            Some(value) => value,
            None => return Err(format!("{option} needs a value")),
        };
        let service = match option {
            _ if is_mark => WrittenService::Mark(value),
            "-u" | "--udp-service" => WrittenService::Address(Protocol::Udp, value),
            "--sctp-service" => WrittenService::Address(Protocol::Sctp, value),
            _ => WrittenService::Address(Protocol::Tcp, value),
        };
        match self.service.replace(service) {
            None => Ok(()),
            Some(_) => Err("two services are named".to_owned()),
        }
    }

    /// Options without a value.
    fn take_flag(&mut self, option: &str) -> Result<(), String> {
        let several = match option {
            "-A" | "--add-service" => self.adds.replace(Added::Service).is_some(),
            "-a" | "--add-server" => self.adds.replace(Added::Server).is_some(),
            "-6" | "--ipv6" => std::mem::replace(&mut self.ipv6, true),
            "-o" | "--ops" => std::mem::replace(&mut self.one_packet, true),
            "-m" | "--masquerading" => self.method.replace(WrittenMethod::Masq).is_some(),
            "-g" | "--gatewaying" => self.method.replace(WrittenMethod::Direct).is_some(),
            "-i" | "--ipip" => self.method.replace(WrittenMethod::Tunnel).is_some(),
            "--tun-nocsum" => self.checksum.replace(WrittenChecksum::Off).is_some(),
            "--tun-csum" => self.checksum.replace(WrittenChecksum::On).is_some(),
            "--tun-remcsum" => self.checksum.replace(WrittenChecksum::Remote).is_some(),
            "-E" | "-D" | "-C" | "-e" | "-d" | "-Z" | "-S" | "-R" | "-L" | "-l" => {
                return Err(format!(
                    "{option} is not part of a saved table; only -A and -a are"
                ));
            }
            _ => return Err(format!("unknown option {option:?}")),
        };
        match several {
            false => Ok(()),
            true => Err(format!(
                "{option} is there twice, or contradicts another option"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_command_are_passed_over() {
        for line in ["", "  ", "# ipvsadm rules", "\t# comment"] {
            assert_eq!(written_command(line), Ok(None), "{line:?}");
        }
    }

    #[test]
    fn short_and_long_options_in_any_order_are_the_same() {
        let short = written_command("-A -t 192.0.2.1:80 -s wrr -p 300 -M 255.255.0.0 -b flag-1");
        for other in [
            "ipvsadm -A -t 192.0.2.1:80 -s wrr -p 300 -M 255.255.0.0 -b flag-1\r",
            "/sbin/ipvsadm -b flag-1 -M 255.255.0.0 -p 300 -s wrr -t 192.0.2.1:80 -A",
            "--add-service --tcp-service=192.0.2.1:80 --scheduler wrr --persistent=300 --netmask 255.255.0.0 --sched-flags flag-1",
        ] {
            assert_eq!(written_command(other), short, "{other}");
        }
    }

    #[test]
    fn a_persistent_service_may_have_no_time() {
        for line in ["-A -f 1 -p", "-A -f 1 -p -M 255.0.0.0"] {
            let command = written_command(line).unwrap().unwrap();
            assert_eq!(command.persistent, Some(None), "{line}");
        }
    }

    #[test]
    fn a_mark_may_be_written_as_a_negative_number() {
        let command = written_command("-A -f -6 -6 -s rr").unwrap().unwrap();
        assert_eq!(command.service, Some(WrittenService::Mark("-6")));
        assert!(command.ipv6);
    }

    #[test]
    fn what_cannot_be_read_says_which_word() {
        for (line, why) in [
            ("-A -t", "-t needs a value"),
            ("-A -t 192.0.2.1:80 -s -p 5", "-s needs a value"),
            ("-A -t 192.0.2.1:80 -s rr -s wrr", "-s is there twice"),
            ("-A -t 192.0.2.1:80 -f 5", "two services are named"),
            (
                "-a -f 5 -r 10.0.0.1 -m -g",
                "-g is there twice, or contradicts another option",
            ),
            ("-C", "-C is not part of a saved table; only -A and -a are"),
            (
                "-A -t 192.0.2.1:80 --sched wrr",
                "unknown option \"--sched\"",
            ),
            ("hello", "unknown option \"hello\""),
        ] {
            assert_eq!(written_command(line), Err(why.to_owned()), "{line}");
        }
    }
}

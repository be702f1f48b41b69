//! `ipvsctl orders`: the standing orders as a table, or as JSON.

use clap::Args;
use jiff::{SignedDuration, Zoned};

use super::shown;
use crate::api::orders::Standing;
use crate::cli::error::CliError;
use crate::cli::output::{Exit, Output};
use crate::cli::status::{SocketArg, asked, span};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(in crate::cli) struct OrdersArgs {
    #[command(flatten)]
    socket: SocketArg,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists the standing orders.
pub(in crate::cli) fn run(args: &OrdersArgs, output: &mut Output) -> Result<Exit, CliError> {
    let status = asked(args.socket.client().status())?;
    if args.json {
        output.json(&status.orders)?;
    } else {
        output.text(&render(&status.orders, &Zoned::now()))?;
    }
    Ok(Exit::Fine)
}

fn render(orders: &[Standing], now: &Zoned) -> String {
    if orders.is_empty() {
        return "no orders stand\n".to_owned();
    }
    orders.iter().map(|one| block(one, now)).collect()
}

fn block(one: &Standing, now: &Zoned) -> String {
    let order = &one.order;
    let clock = |seconds: f64| {
        let at = now.saturating_add(SignedDuration::from_secs_f64(seconds));
        at.strftime("%F %H:%M:%S").to_string()
    };
    let end = match order.expires_in_seconds {
        Some(left) => format!("until {} ({} left)", clock(left), span(left)),
        None => "until it is lifted".to_owned(),
    };
    let undefined = if one.defined {
        ""
    } else {
        "  (not defined now)"
    };
    format!(
        "{}{undefined}\n  {}: {}\n  by {} at {} ({} ago), {end}\n",
        shown(&one.concerns),
        order.kind,
        order.reason,
        order.author,
        clock(-order.seconds),
        span(order.seconds),
    )
}

#[cfg(test)]
mod tests {
    use director_core::overrides::OrderKind;

    use super::*;
    use crate::api::orders::Concerned;
    use crate::api::wire::StandingOrder;

    #[test]
    fn each_order_shows_author_reason_time_and_end() {
        let standing = |kind, expires_in_seconds, defined| Standing {
            concerns: Concerned {
                name: "web".to_owned(),
                listen: "tcp 192.0.2.10:80".to_owned(),
                address: "10.0.0.11:80".to_owned(),
            },
            defined,
            order: StandingOrder {
                kind,
                author: "ann".to_owned(),
                reason: "kernel upgrade".to_owned(),
                seconds: 720.0,
                expires_in_seconds,
            },
        };
        let orders = [
            standing(OrderKind::Drain, Some(1_080.0), true),
            standing(OrderKind::Weight(3), None, false),
        ];
        let now: Zoned = "2026-11-25T20:12:00+00:00[UTC]".parse().unwrap();
        let expected = "\
tcp 192.0.2.10:80 (web) 10.0.0.11:80
  drain: kernel upgrade
  by ann at 2026-11-25 20:00:00 (12m00s ago), until 2026-11-25 20:30:00 (18m00s left)
tcp 192.0.2.10:80 (web) 10.0.0.11:80  (not defined now)
  weight 3: kernel upgrade
  by ann at 2026-11-25 20:00:00 (12m00s ago), until it is lifted
";
        assert_eq!(render(&orders, &now), expected);
        assert_eq!(render(&[], &now), "no orders stand\n");
    }
}

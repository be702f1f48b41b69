//! Watches the table that another program manages, for a daemon that only observes: what this daemon would have changed, and since
//! when.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use director_core::director::{Differences, Director, TableDifference};
use director_core::moment::Moment;

use director_core::table::Table;
use tokio::sync::mpsc;

use super::input::Input;
use crate::ipvs::{Kernel, ReadScope};

/// Pause between two readings; a large table is read less often, so that reading costs little.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause is at least so many times as long as the reading took.
const PAUSE_FACTOR: u32 = 20;

/// Differences that are logged at one comparison; `ipvsctl diff` shows all.
const LOGGED: usize = 20;

/// What is known of the other program's table.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) since: Moment,
    pub(super) differences: Differences,
    actual: Option<Table>,
}

impl Observation {
    pub(super) fn begin(since: Moment) -> Self {
        Self {
            since,
            differences: Differences::default(),
            actual: None,
        }
    }

    /// The other program's table was read.
    pub(super) fn read(&mut self, actual: Table, director: &Director, now: Moment) {
        self.actual = Some(actual);
        self.compare(director, now);
    }

    /// Compares that table with what the director has decided by now, and logs what has changed.
    pub(super) fn compare(&mut self, director: &Director, now: Moment) {
        let Some(actual) = &self.actual else { return };
        let plan = director.differences(actual, now);
        let changed = self.differences.update(plan, now);
        for difference in changed.iter().take(LOGGED) {
            log(difference, now);
        }
        if let Some(more @ 1..) = changed.len().checked_sub(LOGGED) {
            tracing::warn!("{more} more differences have begun or ended (ipvsctl diff)");
        }
    }
}

fn log(difference: &TableDifference, now: Moment) {
    let op = &difference.step.op;
    let (service, step) = (op.service(), one_line(&difference.step.to_string()));
    let server = op.server().map(|server| server.to_string());
    match difference.until {
        None => tracing::warn!(%service, server, "ipvsd would {step}"),
        Some(_) => {
            let lasted = difference.lasted(now).as_secs_f64();
            tracing::info!(%service, server, lasted = %format_args!("{lasted:.1} s"), "difference ended: {step}");
        }
    }
}

/// Without the blanks that put plans in columns.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Starts to read the table again and again, until nothing takes the readings any more.
pub(super) fn watch(
    mut kernel: Box<dyn Kernel>,
    inputs: mpsc::UnboundedSender<Input>,
) -> io::Result<()> {
    let read_on = move || {
        loop {
            let began = Instant::now();
            // The director reads the same table, and reports what prevents it.
            if let Ok(table) = kernel.read_table(ReadScope::All)
                && inputs.send(Input::ActualTable(table)).is_err()
            {
                return;
            }
            thread::sleep(PAUSE.max(began.elapsed() * PAUSE_FACTOR));
        }
    };
    thread::Builder::new()
        .name("observer".to_owned())
        .spawn(read_on)?;
    Ok(())
}

//! Which daemons use the IPVS table of this network namespace, for programs that would change it too.

use super::table_socket::{NAME, TableClaim, daemon, sharing};

/// A daemon that has this table, alone or with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableUser {
    /// Its process and its configuration.
    pub(crate) name: String,
    pub(crate) configuration: String,
    /// Virtual services of an instance of ldirectord.
    pub(crate) services: Vec<String>,
    /// It has the table alone.
    pub(crate) is_alone: bool,
}

/// The daemons of this network namespace, whatever directories they have. Blocks.
pub(crate) fn table_users() -> Vec<TableUser> {
    users(NAME)
}

fn users(table: &str) -> Vec<TableUser> {
    let user = |claim: TableClaim, is_alone| TableUser {
        name: claim.holder.to_string(),
        configuration: claim.holder.configuration.display().to_string(),
        services: claim.services,
        is_alone,
    };
    let sharing = sharing(table).into_iter().map(|claim| user(claim, false));
    let alone = daemon(table).map(|claim| user(claim, true));
    alone.into_iter().chain(sharing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::locks::LockHolder;
    use crate::daemon::table_socket::TableSocket;

    fn holder(configuration: &str) -> LockHolder {
        LockHolder {
            configuration: configuration.into(),
            ..LockHolder::default()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_daemon_is_found_by_its_socket_and_instances_say_their_services() {
        let table = format!("ipvsd-test-{}-users", std::process::id());
        let own = std::process::id();
        let expected = |configuration: &str, services: &[&str], is_alone| TableUser {
            name: format!("pid {own}, configuration {configuration}"),
            configuration: configuration.to_owned(),
            services: services.iter().map(ToString::to_string).collect(),
            is_alone,
        };
        assert_eq!(users(&table), []);
        let one = TableSocket::shared_as(&table, &holder("a.cf"))
            .await
            .unwrap();
        one.update(|claim| claim.services = vec!["tcp 192.0.2.1:25".to_owned()]);
        assert_eq!(
            users(&table),
            [expected("a.cf", &["tcp 192.0.2.1:25"], false)]
        );
        drop(one);
        let free = async || users(&table).is_empty();
        while !free().await {
            tokio::task::yield_now().await;
        }
        let alone = TableSocket::alone_as(&table, &holder("b.yaml"))
            .await
            .unwrap();
        assert_eq!(users(&table), [expected("b.yaml", &[], true)]);
        drop(alone);
    }
}

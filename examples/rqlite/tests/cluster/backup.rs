//! What may come from a backup, and what may not.

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use facilitator_markers::rusqlite::Connection;
use facilitator_markers::sql;
use facilitator_markers_rqlite::{Client, Failure, Level, Markers, Rqlite, SystemTime};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::host::SCHEMA;

const OWNERS: &str = r#"
INSERT INTO "user" (id, name, email) VALUES
    ('Ab', 'A', 'a@x'), ('Cd', 'C', 'c@x'), ('Ef', 'E', 'e@x'), ('Gh', 'G', 'g@x'), ('Ij', 'I', 'i@x');
INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES
    ('1', 'n', '1', 'ab', '2026-02-01'), ('2', 'n', '2', 'cd', '2026-02-02'), ('3', 'n', '3', 'ef', '2026-02-03'),
    ('4', 'n', '4', 'gh', '2026-02-04'), ('5', 'n', '5', 'ij', '2026-02-05');
"#;

/// One is gone, one has an earlier facilitator, one can't be told from another any more, one owns nothing, one was
/// enrolled by hand.
const MEANWHILE: &str = r#"
DELETE FROM "user" WHERE id = 'Ab';
INSERT INTO facilitators (id, name, subdomain, owner_address, created_at) VALUES ('6', 'n', '6', 'cd', '2025-01-01');
INSERT INTO "user" (id, name, email) VALUES ('eF', 'E', 'f@x');
UPDATE facilitators SET owner_address = 'x' WHERE owner_address = 'gh';
INSERT INTO reward_addresses (id, user_id, chain_type, address) VALUES ('m', 'Ij', 'facilitator', 'legacy');
"#;

/// Who is due in a backup of the cluster, with the dates.
fn plan(cluster: &Cluster) -> Vec<(String, String)> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("backup.db");
    fs::write(&path, cluster.servers[0].get("/db/backup").unwrap()).unwrap();
    let conn = Connection::open(&path).unwrap();
    let mut due = conn.prepare(sql::DUE).unwrap();
    let rows = due.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn client(cluster: &Cluster) -> Rqlite {
    let urls = cluster.servers.iter().map(|server| server.url().parse().unwrap());
    Rqlite::new(urls.collect(), Duration::from_secs(60))
}

fn markers(cluster: &Cluster) -> Vec<String> {
    cluster
        .column("SELECT user_id || ' ' || created_at FROM reward_addresses WHERE id LIKE 'FACI%' ORDER BY 1")
}

/// A cluster whose owners a backup was asked for before they changed, and that backup's plan.
fn changed() -> Option<(Cluster, Vec<(String, String)>)> {
    let cluster = Cluster::start(1)?;
    cluster.run(SCHEMA);
    cluster.run(OWNERS);
    let plan = plan(&cluster);
    cluster.run(MEANWHILE);
    Some((cluster, plan))
}

#[test]
fn dates_from_a_backup_make_wrong_markers() {
    let Some((cluster, plan)) = changed() else { return };
    let mut client = client(&cluster);
    for (user_id, date) in &plan {
        let id = format!("FACILITATOR_OWNER:{user_id}");
        let values = [&id, user_id, "facilitator", &id, "verified", "2026-11-27 12:00:00", date];
        let sql = "INSERT INTO reward_addresses (id, user_id, chain_type, address, verification_status, verified_at,
            created_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
        client.execute(sql, &values).unwrap();
    }
    // Of a user who is gone; too late; of one of two; of nobody who owns anything; and a second one.
    let wrong = ["Ab 2026-02-01", "Cd 2026-02-02", "Ef 2026-02-03", "Gh 2026-02-04", "Ij 2026-02-05"];
    assert_eq!(markers(&cluster), wrong.map(|marker| format!("{marker} 00:00:00")));
}

#[test]
fn bounds_from_a_backup_are_right() {
    let Some((cluster, plan)) = changed() else { return };
    let mut client = client(&cluster);
    let (first, last) = (&plan[0].0, &plan[4].0);
    client.execute(sql::PAGE, &["2026-11-27 12:00:00", first, last]).unwrap();
    client.execute(sql::LAST_PAGE, &["2026-11-27 12:00:00", last]).unwrap();
    assert_eq!(markers(&cluster), ["Cd 2025-01-01 00:00:00"]);
}

/// A cluster whose first list is that of a backup.
struct Behind {
    cluster: Rqlite,
    list: Option<Vec<Vec<Value>>>,
}

impl Client for Behind {
    fn execute(&mut self, sql: &str, values: &[&str]) -> Result<u64, Failure> {
        self.cluster.execute(sql, values)
    }

    fn query(&mut self, sql: &str, values: &[&str], level: Level) -> Result<Vec<Vec<Value>>, Failure> {
        match self.list.take_if(|_| sql == sql::DUE) {
            Some(list) => Ok(list),
            None => self.cluster.query(sql, values, level),
        }
    }
}

#[test]
fn a_backfill_whose_list_is_that_of_a_backup_is_right() {
    let Some((cluster, plan)) = changed() else { return };
    let list = plan.into_iter().map(|(id, date)| vec![id.into(), date.into()]).collect();
    let mut behind = Behind { cluster: client(&cluster), list: Some(list) };
    let mut watch = |_| ControlFlow::Continue(());
    let mut backfill = Markers::new(&mut behind, &SystemTime, &mut watch);
    backfill.owners_per_page = 2;
    let report = backfill.backfill().unwrap();
    // Both were on the list and have a marker now: one of them had it before.
    assert_eq!((report.owners, report.created), (2, 2));
    assert_eq!(markers(&cluster), ["Cd 2025-01-01 00:00:00"]);
}

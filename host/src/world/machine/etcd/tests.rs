use std::sync::Mutex;

use prost::Message;
use tokio::net::TcpListener;

use super::messages::{MemberRemoveRequest, MembersResponse};
use super::*;
use crate::world::EtcdRemoval;
use crate::world::machine::grpc_server::{self, Answers};

/// A cluster that a server of ours plays: its members, and what is refused
/// how often.
struct Cluster {
    members: Mutex<Vec<Member>>,
    refusals: Mutex<Vec<(&'static str, u32, &'static str)>>,
    calls: Mutex<Vec<String>>,
}

impl Cluster {
    fn answers(self: &Arc<Self>) -> Answers {
        let cluster = Arc::clone(self);
        Arc::new(move |path, message| {
            let method = path.rsplit('/').next().unwrap_or_default();
            cluster.calls.lock().unwrap().push(method.to_owned());
            let mut refusals = cluster.refusals.lock().unwrap();
            if let Some(at) = refusals.iter().position(|(name, ..)| *name == method) {
                let (_, code, words) = refusals.remove(at);
                return Err((code, words));
            }
            let mut members = cluster.members.lock().unwrap();
            if method == "MemberRemove" {
                let id = MemberRemoveRequest::decode(message).unwrap().id;
                members.retain(|member| member.id != id);
            }
            let members = members.clone();
            Ok(MembersResponse { members }.encode_to_vec())
        })
    }
}

/// The cluster, and where it listens.
async fn cluster(
    peers: &[&str],
    refusals: &[(&'static str, u32, &'static str)],
) -> (Arc<Cluster>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let members = peers.iter().zip(1..).map(|(peer, id)| Member {
        id,
        name: format!("cp{id}"),
        peer_urls: vec![(*peer).to_owned()],
        client_urls: vec![url.clone()],
    });
    let cluster = Arc::new(Cluster {
        members: Mutex::new(members.collect()),
        refusals: Mutex::new(refusals.to_vec()),
        calls: Mutex::default(),
    });
    let answers = cluster.answers();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(grpc_server::serve(stream, Arc::clone(&answers)));
        }
    });
    (cluster, url)
}

fn of(endpoints: &[&str]) -> EtcdCluster {
    EtcdCluster {
        endpoints: endpoints.iter().map(|url| (*url).to_owned()).collect(),
        tls: Arc::new(tls::client(None, None).unwrap()),
        asks_members: true,
    }
}

/// What became of a member that was to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leaving {
    OnlyMember,
    NoMember,
    /// It is to be removed, and was not.
    Member {
        name: String,
        others: usize,
    },
    Removed {
        name: String,
        others: usize,
    },
}

/// As the phase does it: looks for the member with one of these peer URLs,
/// then takes it out. `really` false only looks.
async fn leave(
    cluster: &EtcdCluster,
    peers: &[String],
    timeout: Duration,
    really: bool,
) -> Result<Leaving, EtcdError> {
    let members = cluster.members(timeout).await?;
    let is_own = |member: &&Member| member.peer_urls.iter().any(|url| peers.contains(url));
    let Some(own) = members.iter().find(is_own) else {
        return Ok(Leaving::NoMember);
    };
    let (name, others) = (own.name.clone(), members.len() - 1);
    if others == 0 {
        return Ok(match really {
            true => match cluster.remove(own.id, timeout).await? {
                EtcdRemoval::OnlyMember => Leaving::OnlyMember,
                other => panic!("{other:?}"),
            },
            false => Leaving::OnlyMember,
        });
    }
    if !really {
        return Ok(Leaving::Member { name, others });
    }
    Ok(match cluster.remove(own.id, timeout).await? {
        EtcdRemoval::OnlyMember => Leaving::OnlyMember,
        EtcdRemoval::NoMember => Leaving::NoMember,
        EtcdRemoval::Removed => Leaving::Removed { name, others },
    })
}

const ONE: &str = "https://10.0.0.1:2380";
const TWO: &str = "https://10.0.0.2:2380";

#[tokio::test]
async fn a_member_leaves() {
    let name = || "cp2".to_owned();
    type Refusals = &'static [(&'static str, u32, &'static str)];
    type Case<'a> = (&'a str, &'a [&'a str], Refusals, bool, Leaving, usize);
    let cases: [Case; 7] = [
        ("alone", &[TWO], &[], true, Leaving::OnlyMember, 1),
        ("gone already", &[ONE], &[], true, Leaving::NoMember, 1),
        (
            "only looked at",
            &[ONE, TWO],
            &[],
            false,
            Leaving::Member {
                name: name(),
                others: 1,
            },
            2,
        ),
        (
            "removed",
            &[ONE, TWO],
            &[],
            true,
            Leaving::Removed {
                name: name(),
                others: 1,
            },
            1,
        ),
        (
            "no leader at first",
            &[ONE, TWO],
            &[("MemberList", 14, "etcdserver: no leader")],
            true,
            Leaving::Removed {
                name: name(),
                others: 1,
            },
            1,
        ),
        (
            "an unhealthy cluster at first",
            &[ONE, TWO],
            &[
                ("MemberRemove", 14, "etcdserver: unhealthy cluster"),
                ("MemberRemove", 14, "etcdserver: unhealthy cluster"),
            ],
            true,
            Leaving::Removed {
                name: name(),
                others: 1,
            },
            1,
        ),
        (
            "removed by somebody else meanwhile",
            &[ONE, TWO],
            &[("MemberRemove", 5, "etcdserver: member not found")],
            true,
            Leaving::NoMember,
            2,
        ),
    ];
    for (case, peers, refusals, really, wanted, left) in cases {
        let (server, url) = cluster(peers, refusals).await;
        let (cluster, own) = (of(&[&url]), [TWO.to_owned()]);
        let leaving = leave(&cluster, &own, Duration::from_secs(20), really).await;
        assert_eq!(leaving.unwrap(), wanted, "{case}");
        assert_eq!(server.members.lock().unwrap().len(), left, "{case}");
        let removals = server.calls.lock().unwrap();
        let removals = removals.iter().filter(|call| *call == "MemberRemove");
        assert_eq!(removals.count() > 0, really && peers.len() > 1, "{case}");
    }
}

#[tokio::test]
async fn another_endpoint_is_asked_where_one_is_down() {
    let down = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refuses = format!("http://{}", down.local_addr().unwrap());
    drop(down);
    let (_, url) = cluster(&[ONE, TWO], &[]).await;
    let (cluster, peers) = (of(&[&refuses, &url]), [TWO.to_owned()]);
    let leaving = leave(&cluster, &peers, Duration::from_secs(20), true).await;
    assert!(
        matches!(leaving, Ok(Leaving::Removed { .. })),
        "{leaving:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let down = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refuses = format!("https://{}", down.local_addr().unwrap());
    drop(down);
    let (_, plain) = cluster(&[ONE], &[]).await;
    let speaks_no_tls = plain.replace("http://", "https://");
    let cases: [(&str, &[&str], &str); 5] = [
        (
            "refused",
            &[&refuses],
            "cannot connect to etcd at https://127.0.0.1",
        ),
        (
            "no TLS",
            &[&speaks_no_tls],
            "cannot connect to etcd at https://127.0.0.1",
        ),
        ("no URL", &["10.0.0.1"], "wanted https://"),
        ("another scheme", &["unix:///run/etcd"], "wanted https://"),
        ("nothing known", &[], "no endpoint of etcd is known"),
    ];
    for (case, endpoints, wanted) in cases {
        let (cluster, peers) = (of(endpoints), [ONE.to_owned()]);
        let error = leave(&cluster, &peers, Duration::from_millis(10), true)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(wanted), "{case}: {error}");
    }
}

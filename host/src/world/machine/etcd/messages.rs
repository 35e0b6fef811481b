//! The part of etcd's API v3 that is used: messages with the numbers of
//! `etcd/api/etcdserverpb/rpc.proto`. Fields that are left out are skipped
//! when they come.

#[derive(Clone, PartialEq, prost::Message)]
pub struct MemberListRequest {
    /// Asks the leader, not what one member happens to know.
    #[prost(bool, tag = "1")]
    pub linearizable: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Member {
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Empty until it started for the first time.
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(string, repeated, tag = "3")]
    pub peer_urls: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub client_urls: Vec<String>,
}

/// The answer to MemberList, and to MemberRemove.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MembersResponse {
    #[prost(message, repeated, tag = "2")]
    pub members: Vec<Member>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct MemberRemoveRequest {
    #[prost(uint64, tag = "1")]
    pub id: u64,
}

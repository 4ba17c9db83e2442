use super::*;
use crate::media::{Kind, Layout, Medium, Sizes};
use std::io::{Read, Write};

/// A client of a few lines, with the numbers of the protocol written out.
struct Client(UnixStream);

impl Client {
    fn meet(server: &Server) -> Self {
        let mut client = Self(UnixStream::connect(&server.socket).unwrap());
        let hello = client.take(18);
        assert_eq!(&hello[..16], b"NBDMAGICIHAVEOPT");
        assert_eq!(&hello[16..], [0, 3]);
        client.0.write_all(&3_u32.to_be_bytes()).unwrap();
        client
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn option(&mut self, option: u32, data: &[u8]) {
        self.0.write_all(b"IHAVEOPT").unwrap();
        self.0.write_all(&[option.to_be_bytes(), (data.len() as u32).to_be_bytes()].concat()).unwrap();
        self.0.write_all(data).unwrap();
    }

    /// The kind of a reply to an option, and its data.
    fn option_reply(&mut self) -> (u32, Vec<u8>) {
        let head = self.take(20);
        assert_eq!(head[..8], 0x3_e889_0455_65a9_u64.to_be_bytes());
        let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        (number(12), self.take(number(16) as usize))
    }

    fn go(&mut self) -> u64 {
        self.option(7, &[0; 6]);
        let (kind, info) = self.option_reply();
        assert_eq!((kind, info.len()), (3, 12));
        assert_eq!(self.option_reply().0, 1);
        u64::from_be_bytes(info[2..10].try_into().unwrap())
    }

    fn send(&mut self, flags: u16, kind: u16, offset: u64, len: u32) {
        let head = [&[0x25, 0x60, 0x95, 0x13][..], &flags.to_be_bytes(), &kind.to_be_bytes(), b"a cookie"];
        self.0.write_all(&head.concat()).unwrap();
        self.0.write_all(&[&offset.to_be_bytes()[..], &len.to_be_bytes()].concat()).unwrap();
    }

    fn error(&mut self) -> u32 {
        let reply = self.take(16);
        assert_eq!((&reply[..4], &reply[8..]), (&[0x67, 0x44, 0x66, 0x98][..], &b"a cookie"[..]));
        u32::from_be_bytes(reply[4..8].try_into().unwrap())
    }

    fn write(&mut self, flags: u16, offset: u64, data: &[u8]) -> u32 {
        self.send(flags, 1, offset, data.len() as u32);
        self.0.write_all(data).unwrap();
        self.error()
    }

    fn read(&mut self, offset: u64, len: u32) -> Result<Vec<u8>, u32> {
        self.send(0, 0, offset, len);
        match self.error() {
            0 => Ok(self.take(len as usize)),
            error => Err(error),
        }
    }

    /// Whether the server has hung up.
    fn is_alone(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0) | Err(_))
    }
}

fn server(dir: &Path) -> Server {
    let medium = Medium::blank(&dir.join("m"), Layout::card(Kind::Sd), Sizes::SMALL).unwrap();
    Server::start(Disk::over(&medium).unwrap(), &dir.join("socket")).unwrap()
}

#[test]
fn a_client_reads_what_it_wrote_and_the_server_remembers() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path());
    let mut client = Client::meet(&server);
    client.option(8, &[]);
    assert_eq!(client.option_reply(), (0x8000_0001, vec![]));
    assert_eq!(client.go(), 64 << 20);
    assert_eq!(client.write(0, 512, &[5; 512]), 0);
    assert_eq!(client.write(1, 0, &[6; 512]), 0);
    client.send(0, 3, 0, 0);
    assert_eq!(client.error(), 0);
    assert_eq!(client.read(0, 1024).unwrap(), [[6; 512], [5; 512]].concat());
    let write = |offset, byte| Op::Write { offset, data: vec![byte; 512] };
    assert_eq!(server.disk().journal, [write(512, 5), write(0, 6), Op::Flush, Op::Flush]);
    client.send(0, 2, 0, 0);
    assert!(client.is_alone());
}

#[test]
fn an_older_client_asks_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path());
    let mut client = Client::meet(&server);
    client.option(1, b"anything");
    assert_eq!(client.take(10), [&(64_u64 << 20).to_be_bytes()[..], &[0, 13]].concat());
    assert_eq!(client.read(0, 1).unwrap(), [0]);
}

#[test]
fn numbers_from_the_client_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let medium = Medium::blank(&dir.path().join("m"), Layout::card(Kind::Sd), Sizes::SMALL).unwrap();
    let start = || {
        let server = Server::start(Disk::over(&medium).unwrap(), &dir.path().join("socket")).unwrap();
        let client = Client::meet(&server);
        (server, client)
    };
    {
        let (_server, mut client) = start();
        client.go();
        assert_eq!(client.read((64 << 20) - 1, 2), Err(22));
        assert_eq!(client.read(u64::MAX, 512), Err(22));
        assert_eq!(client.write(0, 64 << 20, &[0; 512]), 22);
        client.send(0, 4, 0, 512);
        assert_eq!(client.error(), 22);
        assert_eq!(client.read(0, 1).unwrap(), [0]);
        client.send(0, 0, 0, 33 << 20);
        assert!(client.is_alone());
    }
    {
        let (_server, mut client) = start();
        client.0.write_all(b"IHAVEOPT").unwrap();
        client.0.write_all(&[7_u32.to_be_bytes(), u32::MAX.to_be_bytes()].concat()).unwrap();
        assert!(client.is_alone());
    }
    let (_server, mut client) = start();
    client.0.write_all(&[0; 16]).unwrap();
    assert!(client.is_alone());
}

#[test]
fn power_goes_out_while_a_client_writes_and_reads_fail_where_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path());
    let mut client = Client::meet(&server);
    client.go();
    server.disk().harm(9, ReadFault::Fail);
    assert_eq!(client.read(9 * 512, 512), Err(5));
    assert!(server.wait_off(Duration::from_millis(1)).is_err());
    server.disk().cut(Cut { after: 2, bytes: 3, rest: Rest::Old, lost: None });
    assert_eq!(client.write(0, 0, &[1; 4 * 512]), 0);
    server.wait_off(Duration::from_secs(10)).unwrap();
    assert_eq!(client.write(0, 0, &[2; 512]), 0);
    let mut left = vec![1; 2 * 512 + 3];
    left.resize(4 * 512, 0);
    assert_eq!(server.disk().contents(0, 4 * 512).unwrap(), left);
}

#[test]
fn a_server_that_nobody_came_to_ends() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path());
    let socket = server.socket.clone();
    drop(server);
    assert!(!socket.exists());
    assert!(UnixStream::connect(socket).is_err());
}

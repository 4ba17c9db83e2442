//! The protocol of a network block device, the server's side: fixed newstyle negotiation, one export, simple
//! replies. The document is `doc/proto.md` of the NBD project, whose names are used here.
//!
//! Every number from the client is checked before anything is done with it.

use anyhow::{Result, bail, ensure};
use std::io::{Read, Write};

const NBDMAGIC: u64 = 0x4e42_444d_4147_4943;
const IHAVEOPT: u64 = 0x4948_4156_454f_5054;
const REPLY_MAGIC: u64 = 0x0003_e889_0455_65a9;
const REQUEST_MAGIC: u32 = 0x2560_9513;
const SIMPLE_REPLY_MAGIC: u32 = 0x6744_6698;

/// Handshake flags: fixed newstyle, no zeroes behind an export's name.
const FIXED_NEWSTYLE: u16 = 1 << 0;
const NO_ZEROES: u16 = 1 << 1;
/// Transmission flags: these are flags, flush and FUA can be sent.
const EXPORT_FLAGS: u16 = 1 << 0 | 1 << 2 | 1 << 3;

const OPT_EXPORT_NAME: u32 = 1;
const OPT_ABORT: u32 = 2;
const OPT_INFO: u32 = 6;
const OPT_GO: u32 = 7;
const REP_ACK: u32 = 1;
const REP_INFO: u32 = 3;
const REP_ERR_UNSUP: u32 = 1 << 31 | 1;
const INFO_EXPORT: u16 = 0;

/// Longest option that is taken: a name may have 4096 bytes, and there is little beside it.
const LONGEST_OPTION: u32 = 8 << 10;
/// Options before a client must have made up its mind.
const MOST_OPTIONS: usize = 64;
/// Longest read or write: what a client may ask for where no limit was told.
const LONGEST_TRANSFER: u32 = 32 << 20;

const CMD_READ: u16 = 0;
const CMD_WRITE: u16 = 1;
const CMD_DISC: u16 = 2;
const CMD_FLUSH: u16 = 3;
const FLAG_FUA: u16 = 1 << 0;

/// Error numbers of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The medium failed.
    Io = 5,
    /// The request makes no sense, or is about bytes that are not there.
    Invalid = 22,
}

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// To read.
    Read {
        /// From this byte on.
        offset: u64,
        /// So many bytes.
        len: usize,
    },
    /// To write.
    Write {
        /// From this byte on.
        offset: u64,
        /// These bytes.
        data: Vec<u8>,
        /// Durable before the answer (FUA).
        durable: bool,
    },
    /// To make all that was written durable.
    Flush,
    /// Anything else.
    Unknown,
}

/// Agrees on the export with a client. `false`: the client left instead.
pub fn negotiate(stream: &mut (impl Read + Write), bytes: u64) -> Result<bool> {
    let hello =
        [&NBDMAGIC.to_be_bytes()[..], &IHAVEOPT.to_be_bytes(), &(FIXED_NEWSTYLE | NO_ZEROES).to_be_bytes()];
    stream.write_all(&hello.concat())?;
    let flags = u32::from_be_bytes(take(stream)?);
    ensure!(flags & u32::from(FIXED_NEWSTYLE) != 0, "the client is older than fixed newstyle negotiation");
    let zeroes = if flags & u32::from(NO_ZEROES) == 0 { 124 } else { 0 };
    for _ in 0..MOST_OPTIONS {
        ensure!(u64::from_be_bytes(take(stream)?) == IHAVEOPT, "an option does not begin as one");
        let option = u32::from_be_bytes(take(stream)?);
        let len = u32::from_be_bytes(take(stream)?);
        ensure!(len <= LONGEST_OPTION, "an option of {len} bytes");
        // There is one export. Whatever name is asked for, it is meant.
        stream.read_exact(&mut vec![0; len as usize])?;
        match option {
            OPT_EXPORT_NAME => {
                let mut export = [&bytes.to_be_bytes()[..], &EXPORT_FLAGS.to_be_bytes()].concat();
                export.resize(export.len() + zeroes, 0);
                stream.write_all(&export)?;
                return Ok(true);
            }
            OPT_INFO | OPT_GO => {
                let info =
                    [&INFO_EXPORT.to_be_bytes()[..], &bytes.to_be_bytes(), &EXPORT_FLAGS.to_be_bytes()];
                option_reply(stream, option, REP_INFO, &info.concat())?;
                option_reply(stream, option, REP_ACK, &[])?;
                if option == OPT_GO {
                    return Ok(true);
                }
            }
            OPT_ABORT => {
                option_reply(stream, option, REP_ACK, &[])?;
                return Ok(false);
            }
            _ => option_reply(stream, option, REP_ERR_UNSUP, &[])?,
        }
    }
    bail!("the client negotiates without end")
}

fn option_reply(stream: &mut impl Write, option: u32, kind: u32, data: &[u8]) -> Result<()> {
    let numbers = [option, kind, data.len() as u32].map(u32::to_be_bytes).concat();
    Ok(stream.write_all(&[&REPLY_MAGIC.to_be_bytes(), &numbers[..], data].concat())?)
}

/// The next command with its cookie, by which the client knows the answer; `None` when it says goodbye.
pub fn request(stream: &mut impl Read) -> Result<Option<(u64, Command)>> {
    ensure!(u32::from_be_bytes(take(stream)?) == REQUEST_MAGIC, "a request does not begin as one");
    let flags = u16::from_be_bytes(take(stream)?);
    let kind = u16::from_be_bytes(take(stream)?);
    let cookie = u64::from_be_bytes(take(stream)?);
    let offset = u64::from_be_bytes(take(stream)?);
    let len = u32::from_be_bytes(take(stream)?);
    let command = match kind {
        CMD_READ | CMD_WRITE if len > LONGEST_TRANSFER => bail!("a transfer of {len} bytes"),
        CMD_READ => Command::Read { offset, len: len as usize },
        CMD_WRITE => {
            let mut data = vec![0; len as usize];
            stream.read_exact(&mut data)?;
            Command::Write { offset, data, durable: flags & FLAG_FUA != 0 }
        }
        CMD_FLUSH => Command::Flush,
        CMD_DISC => return Ok(None),
        _ => Command::Unknown,
    };
    Ok(Some((cookie, command)))
}

/// Answers a command: with what was read, with nothing, or with an error.
pub fn reply(stream: &mut impl Write, cookie: u64, answer: Result<Vec<u8>, Refusal>) -> Result<()> {
    let (error, data) = match answer {
        Ok(data) => (0, data),
        Err(refusal) => (refusal as u32, Vec::new()),
    };
    let head = [SIMPLE_REPLY_MAGIC, error].map(u32::to_be_bytes).concat();
    Ok(stream.write_all(&[&head[..], &cookie.to_be_bytes(), &data].concat())?)
}

fn take<const N: usize>(stream: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

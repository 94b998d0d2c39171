"""Asks the OpenTimestamps reference library (Debian: python3-opentimestamps). One JSON question a line, one answer a line.

read    {"ots": hex}                       the file as it writes it again, or null where it refuses
verify  {"ots": hex, "header": hex}        the time of the block for each Bitcoin attestation, or null where it refuses
make    {"digest": hex, "ways": [...]}     a file of its own: ways of operations that end in attestations
"""
import io
import json
import sys

from bitcoin.core import CBlockHeader
from opentimestamps.core.notary import (
    BitcoinBlockHeaderAttestation,
    PendingAttestation,
    UnknownAttestation,
    VerificationError,
)
from opentimestamps.core.op import (
    OpAppend,
    OpHexlify,
    OpPrepend,
    OpReverse,
    OpRIPEMD160,
    OpSHA1,
    OpSHA256,
)
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

UNARY = {
    'sha1': OpSHA1,
    'ripemd160': OpRIPEMD160,
    'sha256': OpSHA256,
    'reverse': OpReverse,
    'hexlify': OpHexlify,
}


def parse(text):
    return DetachedTimestampFile.deserialize(BytesDeserializationContext(bytes.fromhex(text)))


def written(detached):
    context = BytesSerializationContext()
    detached.serialize(context)
    return context.getbytes().hex()


def read(question):
    try:
        return written(parse(question['ots']))
    except (DeserializationError, ValueError, RecursionError):
        return None


def verify(question):
    header = CBlockHeader.stream_deserialize(io.BytesIO(bytes.fromhex(question['header'])))
    times = []
    for message, attestation in parse(question['ots']).timestamp.all_attestations():
        if isinstance(attestation, BitcoinBlockHeaderAttestation):
            try:
                times.append(attestation.verify_against_blockheader(message, header))
            except VerificationError:
                times.append(None)
    return times


def make(question):
    timestamp = Timestamp(bytes.fromhex(question['digest']))
    for operations, kind, value in question['ways']:
        node = timestamp
        for name, argument in operations:
            if name in UNARY:
                operation = UNARY[name]()
            else:
                operation = (OpAppend if name == 'append' else OpPrepend)(bytes.fromhex(argument))
            node = node.ops.add(operation)
        if kind == 'bitcoin':
            node.attestations.add(BitcoinBlockHeaderAttestation(value))
        elif kind == 'pending':
            node.attestations.add(PendingAttestation(value))
        else:
            node.attestations.add(UnknownAttestation(bytes.fromhex('0001020304050607'), bytes.fromhex(value)))
    return written(DetachedTimestampFile(OpSHA256(), timestamp))


ANSWERS = {'read': read, 'verify': verify, 'make': make}
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(ANSWERS[asked['what']](asked)), flush=True)

"""Time-stamp requests and replies as bytes (RFC 3161): built, read, and whether a reply answers a request.

Pure: no socket, no clock, no randomness. Imported with its probe only, as reading ASN.1 costs megabytes.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from asn1crypto import cms, core, tsp  # type: ignore[import-untyped]

from sansang_agent.contract.outcome import Reason

from .reasons import ProbeError

QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
_GRANTED = ("granted", "granted_with_mods")
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What the parser raises for bytes that are not what they should be."""


class Query(NamedTuple):
    """What was asked: SHA-256 ``digest`` of the bytes to stamp, and a number nobody could know before."""

    digest: bytes
    nonce: int


class Signature(NamedTuple):
    """The signature over a stamp (RFC 5652 §5.4) and the certificate it names, all as it was sent."""

    certificate: bytes
    """DER; empty where the reply has none."""
    content: bytes
    """What was stamped: the DER of TSTInfo."""
    signed: bytes
    """The bytes that are signed: the signed attributes."""
    content_digest: bytes
    """The digest of ``content`` that the signed attributes hold."""
    digest_algorithm: str
    algorithm: str
    """As asn1crypto names it: ``rsassa_pkcs1v15``, ``ecdsa`` …"""
    hash_algorithm: str
    value: bytes


class Stamp(NamedTuple):
    """A granted time stamp."""

    algorithm: str
    digest: bytes
    nonce: int | None
    time: float
    """genTime, Unix seconds."""
    signature: Signature


class _Reply(core.Sequence):  # type: ignore[misc]
    """TimeStampResp: the library's own has no room for a refusal, which carries no token."""

    _fields = [  # noqa: RUF012  # the library's way to declare
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def written(query: Query) -> bytes:
    """The DER of a request that wants the signer's certificate in the reply."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": query.digest}
    request = {"version": 1, "message_imprint": imprint, "nonce": query.nonce, "cert_req": True}
    encoded: bytes = tsp.TimeStampReq(request).dump()
    return encoded


def read(reply: bytes) -> Stamp:
    """The stamp in a reply; ProbeError (``wrong_answer``) where it was refused or is not one."""
    try:
        parsed = _Reply.load(reply, strict=True)
        status = parsed["status"]["status"].native
        said = "" if status in _GRANTED else ", ".join([str(status), *_words(parsed["status"])])
        stamp = None if said else _stamp(parsed["time_stamp_token"])
    except _MALFORMED as error:
        raise ProbeError(Reason.WRONG_ANSWER, f"not a time-stamp reply: {error}") from error
    if stamp is None:
        raise ProbeError(Reason.WRONG_ANSWER, f"time stamp refused: {said}")
    return stamp


def difference(query: Query, stamp: Stamp) -> str:
    """What in ``stamp`` is not the answer to ``query``; empty where all is."""
    if (stamp.algorithm, stamp.digest) != ("sha256", query.digest):
        return "the stamp is over another message imprint"
    if stamp.nonce != query.nonce:
        return "the stamp is not fresh: its nonce is another"
    return ""


def _words(status: Any) -> Iterator[str]:
    """What the authority says about its refusal."""
    yield from sorted(status["fail_info"].native or ())
    yield from status["status_string"].native or ()


def _stamp(token: Any) -> Stamp:
    signed_data = token["content"]
    encapsulated = signed_data["encap_content_info"]
    if token["content_type"].native != "signed_data" or encapsulated["content_type"].native != "tst_info":
        raise ValueError("no stamp in it")
    content: bytes = encapsulated["content"].contents
    info = tsp.TSTInfo.load(content, strict=True)
    imprint = info["message_imprint"]
    return Stamp(
        algorithm=imprint["hash_algorithm"]["algorithm"].native,
        digest=imprint["hashed_message"].native,
        nonce=info["nonce"].native,
        time=info["gen_time"].native.timestamp(),
        signature=_signature(signed_data, content),
    )


def _signature(signed_data: Any, content: bytes) -> Signature:
    (signer,) = signed_data["signer_infos"]
    digests = [each["values"][0].native for each in signer["signed_attrs"] if each["type"].native == "message_digest"]
    digest_algorithm = signer["digest_algorithm"]["algorithm"].native
    algorithm = signer["signature_algorithm"]
    return Signature(
        certificate=_certificate(signed_data, signer["sid"]),
        content=content,
        signed=signer["signed_attrs"].untag().dump(),
        content_digest=digests[0],
        digest_algorithm=digest_algorithm,
        algorithm=algorithm.signature_algo,
        hash_algorithm=_hash(algorithm) or digest_algorithm,
        value=signer["signature"].native,
    )


def _hash(algorithm: Any) -> str | None:
    """The hash a signature's algorithm names itself; a bare RSA key's does not."""
    try:
        name: str = algorithm.hash_algo
    except ValueError:
        return None
    return name


def _certificate(signed_data: Any, signer: Any) -> bytes:
    """The certificate that ``signer`` names, among those sent along."""
    for each in signed_data["certificates"] or ():
        certificate = each.chosen
        if signer.name == "issuer_and_serial_number":
            named = signer.chosen["serial_number"].native == certificate.serial_number
        else:
            named = signer.chosen.native == certificate.key_identifier
        if named:
            encoded: bytes = certificate.dump()
            return encoded
    return b""

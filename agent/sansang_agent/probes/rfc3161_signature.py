"""Whether a time stamp is signed by the certificate it came with (RFC 3161, RFC 5652), where ``cryptography`` is there.

The certificate's issuer is not looked into: the probe asks whether the service works, not whom to believe.
"""

import hashlib

from sansang_agent.contract.outcome import Reason

from .reasons import ProbeError
from .rfc3161 import Signature

VERIFIED = "signature verified"


def checked(signature: Signature) -> str:
    """What became of the check: ``signature verified``, or why it was not made.

    Raises ProbeError (``wrong_answer``) for a signature that does not fit.
    """
    if not signature.certificate:
        return "signature not checked: no certificate came along"
    try:
        digest = hashlib.new(signature.digest_algorithm, signature.content).digest()
    except (ValueError, TypeError):
        return f"signature not checked: {signature.digest_algorithm} is not known here"
    if signature.content_digest != digest:
        raise ProbeError(Reason.WRONG_ANSWER, "the signature is over another stamp")
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  # optional, and heavy
    except ImportError:
        return "signature not checked: cryptography is not installed"
    try:
        return VERIFIED if _verify(signature) else f"signature not checked: {signature.algorithm} is not known here"
    except UnsupportedAlgorithm:
        return f"signature not checked: {signature.algorithm} is not known here"
    except InvalidSignature as error:
        raise ProbeError(Reason.WRONG_ANSWER, "the signature is not the certificate's") from error
    except ValueError as error:
        raise ProbeError(Reason.WRONG_ANSWER, f"not a certificate: {error}") from error


def _verify(signature: Signature) -> bool:
    """True: it fits; False: a kind of key or signature we do not know."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: PLC0415
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate  # noqa: PLC0415

    try:
        key = load_der_x509_certificate(signature.certificate).public_key()
    except InvalidVersion as error:  # which is no ValueError
        raise ValueError(error) from error
    known = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
    kind = next((each for each in known if each.name == signature.hash_algorithm), None)
    if kind is None:
        return False
    if isinstance(key, rsa.RSAPublicKey) and signature.algorithm == "rsassa_pkcs1v15":
        key.verify(signature.value, signature.signed, padding.PKCS1v15(), kind)
    elif isinstance(key, ec.EllipticCurvePublicKey) and signature.algorithm == "ecdsa":
        key.verify(signature.value, signature.signed, ec.ECDSA(kind))
    else:
        return False
    return True

"""``sansang policy show | keygen | sign``: what the centre may name here, and how others are let say more.

``keygen`` and ``sign`` are for a machine that is on no network; they write files and contact nobody.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from sansang_agent.config import AgentConfig
from sansang_agent.contract import signed_policy
from sansang_agent.contract.allowance import STANDARD_PORTS
from sansang_agent.contract.secret_file import SecretError, read
from sansang_agent.contract.settings import SettingsError
from sansang_agent.contract.signed_policy import SUFFIX, key_id, public_key
from sansang_agent.contract.words import mistakes_in
from sansang_agent.grants import Grant
from sansang_agent.phrases import Speech
from sansang_agent.policy_files import InForce, Unused, keys_of
from sansang_agent.signing import UnsignedError, new_pair, sign

from . import Said

BAD = 1


def show(config: AgentConfig, found: InForce, speech: Speech) -> Said:
    """What is in force on this machine; exit 1 where a file is not used."""
    _ = speech.say
    lines = [_("The centre may have this computer ask, beside its own gateways and resolvers:")]
    lines += [f"  {line}" for grant in found.grants for line in _grant(grant, speech)]
    if config.policy.networks:
        lines.append("  " + _("agent.yml: {networks}; any port").format(networks=", ".join(config.policy.networks)))
    keys = ", ".join(keys_of(config)) or _("nobody's")
    lines.append(_("Keys whose policies hold here: {keys}").format(keys=keys))
    lines += unused(found.unused, speech)
    return Said("\n".join(lines), BAD if found.unused else 0)


def unused(files: tuple[Unused, ...], speech: Speech) -> Iterator[str]:
    """A line for every file that is not used."""
    _ = speech.say
    for one in files:
        yield _("Policy not used: {file}: {why}.").format(file=one.file, why=one.why)


def _grant(grant: Grant, speech: Speech) -> Iterator[str]:
    _ = speech.say
    allowed = grant.allowance
    ports = _("any port") if grant.any_port else ", ".join(map(str, allowed.ports or STANDARD_PORTS))
    what = ", ".join((*allowed.hosts, *allowed.networks)) or "–"
    kinds = f" [{', '.join(allowed.kinds)}]" if allowed.kinds else ""
    yield _("{source}: {what}; ports {ports}{kinds}").format(source=grant.source, what=what, ports=ports, kinds=kinds)


def keygen(out: Path, speech: Speech) -> Said:
    """Make a key: the secret half into ``out`` (0600), the public one into the answer."""
    _ = speech.say
    try:
        pair = new_pair()
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(pair.secret + "\n")
    except UnsignedError as error:
        return Said(str(error), BAD)
    except FileExistsError:
        return Said(_("{file} exists already; nothing was written.").format(file=out), BAD)
    except OSError as error:
        return Said(_cannot_write(out, error, speech), BAD)
    text = _(
        "The secret key lies in {file}: keep it on a machine without a network, with a copy in a safe place.\n"
        "Its public half ({id}) goes into agent.yml of every computer:\n"
        "policy: {{keys: [{public}]}}"
    )
    return Said(text.format(file=out, id=key_id(public_key(pair.public)), public=pair.public), 0)


def sign_file(source: Path, key: Path, out: Path | None, speech: Speech) -> Said:
    """Sign the YAML in ``source``; nothing is signed that machines would not take."""
    _ = speech.say
    out = out or source.with_suffix(SUFFIX)
    try:
        text = source.read_bytes()
        policy = signed_policy.read(text, str(source))
        sealed = sign(text, read(key))
        signed_policy.unseal(sealed)
        out.write_text(sealed, encoding="ascii")
    except SettingsError as error:
        mistakes = error.said(mistakes_in(speech.language))
        return Said(_("{file} cannot be signed:\n{why}").format(file=source, why=mistakes), BAD)
    except (SecretError, UnsignedError, signed_policy.FormError) as error:
        return Said(_("{file} cannot be signed:\n{why}").format(file=source, why=error), BAD)
    except OSError as error:
        return Said(_cannot_write(Path(error.filename or out), error, speech), BAD)
    said = _("{file}: {name}, serial {serial}, holds until {day}.")
    return Said(said.format(file=out, name=policy.name, serial=policy.serial, day=policy.expires), 0)


def _cannot_write(path: Path, error: OSError, speech: Speech) -> str:
    _ = speech.say
    return _("{file} cannot be read or written: {why}.").format(file=path, why=error.strerror or error)

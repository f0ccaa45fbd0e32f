"""What is said of each cause and what to do next, as message ids; the words people read are in the catalogue.

Only tables: sentences.py chooses among them and fills them in.
"""

from collections.abc import Callable

from .phrases import mark
from .verdict import Cause, State, Verdict

Shade = tuple[Cause, Callable[[Verdict], bool], str]

CALL = mark("Call {whom}.")
CLAUSES = {
    Cause.NOTHING_CONFIGURED: mark("nothing is configured to be checked"),
    Cause.NO_ADAPTER: mark("this computer is not on a network: neither a cable nor Wi-Fi is connected"),
    Cause.NO_GATEWAY: mark(
        "this computer is plugged in but was given no way out: the local network or the terminal is at fault,"
        " which of them cannot be told yet"
    ),
    Cause.GATEWAY_SILENT: mark(
        "the terminal ({gateway}) {silent}: the local network or the terminal itself is at fault,"
        " which of them cannot be told yet"
    ),
    Cause.OUTSIDE_DOWN: mark(
        "nothing outside answers{since}; whether the local network or the line is at fault cannot be told"
        " (the terminal: {reason})"
    ),
    Cause.LINE_DOWN: mark("the line to the outside {lost}"),
    Cause.BEYOND_LINE_DOWN: mark("everything beyond that {lost}"),
    Cause.INTERNET_DOWN: mark("the Internet {lost}"),
    Cause.TSLCD_DOWN: mark("the TSLCD network {lost}"),
    Cause.NO_PERMISSION: mark(
        "the network could not be measured: this computer does not let the program send echoes (ICMP)"
    ),
    Cause.CLOCK_WRONG: mark("this computer's clock is {off}"),
    Cause.RESOLVER_SILENT: mark("the name server ({resolver}) {silent}"),
    Cause.RESOLVER_FAILS: mark("the name server ({resolver}) cannot look up {query} ({reason})"),
    Cause.RESOLVER_WRONG: mark(
        "the name server ({resolver}) gives a wrong address for {query}, which may lead to a false page"
    ),
    Cause.NO_NAME: mark("this computer cannot look up the address of any service"),
    Cause.SERVICE_SILENT: mark("no answer comes from {services}{since}"),
    Cause.SERVICE_REFUSES: mark("connections to {services} are refused{since}"),
    Cause.CERTIFICATE_EXPIRED: mark(
        "the certificate of {services} expired on {date}, so browsers call the page unsafe"
    ),
    Cause.OTHER_PAGE: mark("another page (“{title}”) stands at the address of {services}{since}"),
    Cause.SERVICE_FAILS: mark("{services}: {reason}{since}"),
    Cause.SERVICES_SEVERAL: mark("several services fail{since}: {services}"),
    Cause.SERVICES_ALL: mark("no service answers{since}"),
    Cause.SERVICE_SLOW: mark("answers from {services} come slowly"),
    Cause.UNCLEAR: mark("the state of the network could not be found out ({reason})"),
    Cause.ALL_GOOD: mark("this computer and the network are fine; no service is configured to be checked"),
}
SHADES: tuple[Shade, ...] = (
    (
        Cause.CLOCK_WRONG,
        lambda verdict: verdict.state is State.DOWN,
        mark("this computer's clock is {off}, so the services' pages do not open"),
    ),
    (
        Cause.RESOLVER_SILENT,
        lambda verdict: verdict.state is State.DOWN,
        mark("the name server ({resolver}) {silent}, so no page opens by its name"),
    ),
    (
        Cause.CERTIFICATE_EXPIRED,
        lambda verdict: verdict.facts.offset_s is not None,
        mark("the certificate of {services} counts as expired, or this computer's clock is wrong ({off})"),
    ),
    (Cause.CERTIFICATE_EXPIRED, lambda verdict: verdict.facts.expiry is None, CLAUSES[Cause.SERVICE_FAILS]),
    (
        Cause.OTHER_PAGE,
        lambda verdict: not verdict.facts.title,
        mark("another page stands at the address of {services}{since}"),
    ),
)
"""Other words for a cause, where its facts ask for them; the first that fits."""
STEPS = {
    Cause.NOTHING_CONFIGURED: mark("Name the targets to be checked in the configuration file, or call {whom}."),
    Cause.NO_ADAPTER: mark("Check the network cable or Wi-Fi; if that does not help, call {whom}."),
    Cause.NO_GATEWAY: mark("Disconnect from the network and connect again; if that does not help, call {whom}."),
    Cause.GATEWAY_SILENT: mark(
        "Try another computer in the room: if it reaches the network, call {first}; if not, call {second}."
    ),
    Cause.OUTSIDE_DOWN: mark("Look whether the terminal has power, then call {whom}."),
    Cause.NO_PERMISSION: mark("Ask {first} to run the command “{grant}”, which permits it."),
    Cause.CLOCK_WRONG: mark("Set the computer's date and time; if you cannot, call {whom}."),
    Cause.RESOLVER_WRONG: mark("Enter no passwords or personal data until it is repaired. Call {whom}."),
    Cause.CERTIFICATE_EXPIRED: mark("Do not click past the browser's warning. Call {whom}."),
    Cause.OTHER_PAGE: mark("Do not enter a password there. Call {whom}."),
    Cause.UNCLEAR: mark("Run the check again in a minute; if it stays so, call {whom}."),
}

"""Every error the project raises on purpose, as one tree.

HelplineError             what happened, and what a person should do
├── SettingsError         a setting is missing or wrong; the message lists all faults
├── InputError            a file, form or argument that cannot be used; says which row or field
├── Refused               the request is understood and may not be done now
│   ├── AlreadyClaimed    another agent holds the case
│   ├── StaleVersion      somebody changed it since it was read
│   └── WindowClosed      WhatsApp's 24 hours are over
└── ProviderError         WhatsApp or 121 did not do what was asked (subclasses say whether to try again)
"""


class HelplineError(Exception):
    """What happened and what to do about it, in one sentence each."""


class SettingsError(HelplineError):
    """Settings that are missing or wrong, all of them at once."""


class InputError(HelplineError):
    """Input that cannot be used; the message names the row or field and what it should be."""


class Refused(HelplineError):
    """Understood, but not allowed in the present state."""


class AlreadyClaimed(Refused):
    """Another agent holds the case; `holder` is their display name."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} has this case.")
        self.holder = holder


class StaleVersion(Refused):
    """The thing changed since it was read; read it again."""


class WindowClosed(Refused):
    """More than 24 hours since the contact wrote; only a template may be sent."""


class ProviderError(HelplineError):
    """A provider failed to do what was asked."""

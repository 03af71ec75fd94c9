"""`helpline release train | publish | rollback | list` and `helpline examples import | export`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from helpline import service
from helpline.db.engine import reading
from helpline.errors import HelplineError
from helpline.nlu.examples import DATA


def add_commands(subparsers: Any) -> None:
    """Register the nouns."""
    noun = subparsers.add_parser("release", help="trained models: train, report, publish, roll back")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    train = verbs.add_parser("train", help="queue a training of the examples in the database; the worker does it")
    train.add_argument("--note", default="", help="what it is for")
    train.add_argument("--wait", action="store_true", help="wait until it ended")
    train.set_defaults(run=_train)
    publish = verbs.add_parser("publish", help="make a release live")
    publish.add_argument("release", type=int)
    publish.set_defaults(run=_publish)
    verbs.add_parser("rollback", help="go back to what was live before").set_defaults(run=_roll_back)
    verbs.add_parser("list", help="releases, and which one each process answers with").set_defaults(run=_list)
    for verb in verbs.choices.values():
        verb.add_argument("--json", action="store_true")
    work = verbs.add_parser("work")  # the worker starts this one
    work.add_argument("release", type=int)
    work.set_defaults(run=_work)
    noun = subparsers.add_parser("examples", help="training examples, from and to the files of data/")
    verbs = noun.add_subparsers(dest="verb", required=True, metavar="verb")
    for name, run, purpose in (
        ("import", _import, "take in what the database does not know; what editors changed stays"),
        ("export", _export, "write the examples in use into the files"),
    ):
        verb = verbs.add_parser(name, help=purpose)
        verb.add_argument("--folder", type=Path, default=DATA)
        verb.add_argument("--json", action="store_true")
        verb.set_defaults(run=run)


def _work(arguments: argparse.Namespace) -> int:
    from helpline import logs
    from helpline.releases.watch import Watch

    logs.to_stderr()
    opened = service.start()
    watch = Watch(opened, arguments.release)
    watch.start()
    from helpline.assistant import training  # loading Rasa takes seconds, in which the training lives already

    return training.run(opened, arguments.release, watch)


def _train(arguments: argparse.Namespace) -> int:
    from helpline.releases import queue

    opened = service.start()
    with opened.engine.begin() as conn:
        number = queue.ask(conn, None, arguments.note)
    while arguments.wait:
        with reading(opened.engine) as conn:
            found = queue.get(conn, number)
        if not found.open:
            _say(arguments, {"release": number, "state": found.state, "error": found.error})
            return 0 if found.state == "ready" else 1
        time.sleep(0.5)
    _say(arguments, {"release": number, "state": "queued"})
    return 0


def _publish(arguments: argparse.Namespace) -> None:
    from helpline.releases import publishing

    try:
        with service.start().engine.begin() as conn:
            publishing.publish(conn, arguments.release, None)
    except HelplineError as error:
        if str(error) == "error.needs_second":
            raise HelplineError(
                "This release loses a question that must be answered, or a language gets worse. Two people "
                "have to agree in the console."
            ) from None
        raise HelplineError(f"Release {arguments.release} cannot be published: {error}.") from None
    _say(arguments, {"live": arguments.release})


def _roll_back(arguments: argparse.Namespace) -> None:
    from helpline.releases import publishing

    try:
        with service.start().engine.begin() as conn:
            _say(arguments, {"live": publishing.roll_back(conn, None)})
    except HelplineError:
        raise HelplineError("Nothing was live before this.") from None


def _list(arguments: argparse.Namespace) -> None:
    from helpline import heartbeats
    from helpline.releases import publishing, queue

    with reading(service.start().engine) as conn:
        live, found, signs = publishing.live(conn), queue.listed(conn), heartbeats.signs(conn, "channel")
    answering = {one.process: one.facts.get("release") for one in signs if not one.silent}
    if arguments.json:
        listed = [{"release": one.id, "state": one.state, "note": one.note} for one in found]
        print(json.dumps({"live": live, "releases": listed, "answering": answering}, ensure_ascii=False))
        return
    for one in found:
        print(f"{one.id:>5}  {'live' if one.id == live else one.state:<10} {one.note}")
    for process, release_id in answering.items():
        print(f"{process} answers with {f'release {release_id}' if release_id else 'the installed model'}")


def _import(arguments: argparse.Namespace) -> None:
    from helpline.examples import files

    with service.start().engine.begin() as conn:
        _say(arguments, {"written": files.import_starter(conn, arguments.folder)})


def _export(arguments: argparse.Namespace) -> None:
    from helpline.examples import files

    with reading(service.start().engine) as conn:
        _say(arguments, {"changed": [str(path) for path in files.export(conn, arguments.folder)]})


def _say(arguments: argparse.Namespace, facts: dict[str, Any]) -> None:
    print(json.dumps(facts) if arguments.json else ", ".join(f"{name}: {value}" for name, value in facts.items()))

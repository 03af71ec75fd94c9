"""Results of threads reach the loop: each its own waiter, errors too, with the loop woken once for many."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from helpline.assistant.hand_over import HandOver


def test_each_waiter_gets_its_own_result_from_many_threads():
    async def run() -> list[int]:
        hand_over = HandOver()
        futures: list[Future[int]] = [Future() for _ in range(400)]
        waiting = [hand_over.wrap(future) for future in futures]

        def settle(first: int) -> None:
            for number in range(first, 400, 4):
                futures[number].set_result(number)

        threads = [threading.Thread(target=settle, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        found = await asyncio.wait_for(asyncio.gather(*waiting), 60)
        for thread in threads:
            thread.join()
        return list(found)

    assert asyncio.run(run()) == list(range(400))


def test_results_that_come_while_the_loop_is_busy_wake_it_once():
    async def run() -> int:
        loop, woken = asyncio.get_running_loop(), []
        hand_over = HandOver()
        futures: list[Future[int]] = [Future() for _ in range(32)]
        waiting = [hand_over.wrap(future) for future in futures]
        wake = loop.call_soon_threadsafe

        def counting(callback, *args, **more):
            woken.append(callback)
            return wake(callback, *args, **more)

        loop.call_soon_threadsafe = counting  # type: ignore[method-assign]
        thread = threading.Thread(target=lambda: [future.set_result(1) for future in futures])
        thread.start()
        thread.join()  # the loop stands still until all are there
        await asyncio.gather(*waiting)
        return len(woken)

    assert asyncio.run(run()) == 1


def test_an_error_is_raised_where_it_is_awaited_and_costs_no_other():
    async def run() -> int:
        hand_over = HandOver()
        faulty: Future[int] = Future()
        sound: Future[int] = Future()
        first, second = hand_over.wrap(faulty), hand_over.wrap(sound)
        faulty.set_exception(ValueError("broken"))
        sound.set_result(7)
        with pytest.raises(ValueError, match="broken"):
            await first
        return await second

    assert asyncio.run(run()) == 7


def test_whoever_gives_up_waiting_cancels_the_work_and_the_late_result_is_let_go():
    async def run() -> bool:
        hand_over = HandOver()
        never: Future[int] = Future()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hand_over.wrap(never), 0.001)
        running: Future[int] = Future()
        running.set_running_or_notify_cancel()
        given_up = hand_over.wrap(running)
        given_up.cancel()
        running.set_result(1)
        await asyncio.sleep(0)
        return never.cancelled()

    assert asyncio.run(run())

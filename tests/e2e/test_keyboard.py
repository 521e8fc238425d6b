"""Without a mouse, from the sign-in to a message that was sent; and one always sees where the keyboard is."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys


def test_somebody_signs_in_and_posts_with_the_keyboard_alone(practice, accounts, open_browser, bruno, case):
    # Given Clara, who uses no mouse, and Bruno in the joint room
    clara = open_browser(accounts["clara"])
    practice.admit(case.id, accounts["clara"], "counsel", case.sides[0])
    bruno.opens(f"/rooms/{case.rooms['joint']}")
    bruno.is_in_room("Joint room")

    # When she signs in: the first field has the focus already
    clara.opens("/sign-in")
    clara.keys(clara.email)
    clara.tabs_to("Password")
    clara.keys(clara.password, Keys.ENTER)
    clara.reads_heading("Your six-digit code")
    clara.keys(clara.code(), Keys.ENTER)
    clara.reads_heading("My cases")

    # and goes to her room
    clara.tabs_to(case.title)
    clara.keys(Keys.ENTER)
    clara.reads_heading(case.title)
    clara.tabs_to("Joint room")
    clara.keys(Keys.ENTER)
    clara.is_in_room("Joint room")

    # and writes: past the navigation by the first stop of the page, then by the button that names the readers
    clara.tabs_to("Go to the content")
    clara.keys(Keys.ENTER)
    clara.tabs_to("Your message to Joint room")
    clara.keys("Typed without a mouse.")
    clara.tabs_to("Send to 4")
    clara.keys(Keys.ENTER)
    bruno.sees("Typed without a mouse.")

    # and once more with the shortcut, from where the focus has stayed
    clara.keys("And sent without a button.")
    clara.holds_control_and_presses(Keys.ENTER)
    bruno.sees("And sent without a button.")
    assert bruno.thread() == ["Typed without a mouse.", "And sent without a button."]

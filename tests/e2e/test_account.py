"""A person's own settings: where they are signed in, their language, light or dark."""

from __future__ import annotations


def test_signing_out_everywhere_closes_the_page_in_the_other_browser(practice, accounts, open_browser, case):
    # Given Clara signed in at two desks, one of them in a room
    clara = accounts["clara"]
    practice.admit(case.id, clara, "counsel", case.sides[0])
    office, home = open_browser(clara), open_browser(clara)
    for desk in (office, home):
        desk.signs_in()
    office.opens(f"/rooms/{case.rooms['joint']}")
    office.is_in_room("Joint room")
    office.writes("Said at the office.")

    # When she signs out everywhere at home
    home.signs_out_everywhere()

    # Then the page at the office is put away at once, and asks for a new sign-in
    office.sees("You are signed out")
    assert "Said at the office." not in office.traces()
    office.opens(f"/rooms/{case.rooms['joint']}")
    office.reads_heading("Sign in")


def test_the_language_follows_the_browser_until_the_person_chooses(accounts, open_browser):
    # Given Otto with a browser that asks for French
    otto = open_browser(accounts["otto"], language="fr")
    otto.opens("/sign-in")
    assert otto.language() == "fr"
    otto.reads_heading("Se connecter")

    # When he chooses English before he signs in
    otto.presses("English")
    otto.reads_heading("Sign in")
    otto.signs_in()

    # Then it stays so, until he chooses again
    assert otto.language() == "en"
    otto.chooses_language("Français")
    otto.reads_heading("Mes affaires")
    otto.opens("/account")
    assert otto.language() == "fr"
    otto.chooses_language("English")
    otto.reads_heading("My account")


def test_dark_and_light_follow_the_device_until_the_person_chooses(ada):
    # Given a device that prefers dark
    ada.opens("/")
    ada.browser.prefers("light")
    light = ada.paper()
    ada.browser.prefers("dark")
    dark = ada.paper()
    assert brightness(dark) < 80
    assert brightness(light) > 200

    # When Ada chooses light, then dark, whatever the device prefers
    ada.chooses_appearance("Light")
    assert ada.paper() == light
    ada.browser.prefers("light")
    ada.chooses_appearance("Dark")
    assert ada.paper() == dark

    # Then the device decides again once she says so
    ada.chooses_appearance("As the device")
    assert ada.paper() == light


def brightness(colour: str) -> float:
    red, green, blue = (int(each) for each in colour.removeprefix("rgb(").removesuffix(")").split(","))
    return 0.299 * red + 0.587 * green + 0.114 * blue

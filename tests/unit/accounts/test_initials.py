from caseroom.accounts.fields import initials


def test_initials_are_those_of_first_and_last_name_without_civility():
    assert initials("Mme Hélène Roy") == "HR"
    assert initials("Ada Augusta King") == "AK"
    assert initials("neus") == "N"
    assert initials("...") == ""

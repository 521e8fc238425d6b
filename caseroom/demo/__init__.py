"""The sample practice served by the demo: its people, its four cases and the files they exchange.

Everything here is fiction and plain data; the seeding service plays it through the same verbs as a real person's browser.
"""

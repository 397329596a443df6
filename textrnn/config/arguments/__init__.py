"""What each stage reads of the config sections, where that is not the whole of them: one file a stage.

A field of these dataclasses is called as the section that it is a part of; a key holds all of them and nothing else.
"""

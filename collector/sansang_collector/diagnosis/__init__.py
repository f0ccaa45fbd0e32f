"""Finds what broke: from what checks found and who fell silent to the parts that explain it. Pure; time is passed in.

``graph`` is what there is, ``evidence`` what was seen of it, ``verdict`` what is made of that.
"""

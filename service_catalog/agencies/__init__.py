"""Agencies (实施主体): who implements items, where, and how to reach them."""

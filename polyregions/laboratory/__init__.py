"""Experiments: theorems beside exact values, and what training does to the regions of a network."""

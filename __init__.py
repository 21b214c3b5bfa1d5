"""kepu: 科普设施覆盖分析.

Who reaches which science venue in how many minutes, who is left behind, where one more helps most.
"""

__version__ = "0.1.0"

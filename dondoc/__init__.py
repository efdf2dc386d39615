"""The command line of Đôn Đốc."""

"""Makes what a station is installed from: Debian's packages, and a container's image. It is in none
of them."""

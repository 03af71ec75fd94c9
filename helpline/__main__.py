"""`python -m helpline` is `helpline`."""

import sys

from helpline.cli import main

sys.exit(main())

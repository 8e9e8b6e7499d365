"""What a command of the lab says in one line instead of a traceback."""

from lab.api import ApiError
from lab.netns import CommandError
from lab.topology import TopologyError
from lab.waiting import LabError
from mcwan.model import MistakesError
from mcwan.stack import StackFileError

ERRORS = (LabError, TopologyError, MistakesError, ApiError, CommandError, StackFileError, OSError)

"""All topics of the sample demands and teams."""

from data.samples.technology_devices import DEVICES
from data.samples.technology_materials import MATERIALS
from data.samples.technology_plants import PLANTS
from data.samples.technology_services import SERVICES
from data.samples.technology_topic import Topic

TOPICS: tuple[Topic, ...] = (*MATERIALS, *PLANTS, *DEVICES, *SERVICES)

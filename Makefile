# Copyright (c) 2026 Kubewire contributors
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
.PHONY: help demo replay record check test full bench healthy policies faults lab lab-down clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## the connectivity of a real cluster, started on this machine: summary and report in build/demo
	@.ci/setup run
	@.ci/with run .ci/connectivity demo

replay: ## the same run on recorded facts, without a cluster: build/replay
	@.ci/setup replay
	@.ci/with replay .ci/connectivity replay

record: ## record the facts of replay anew, from the lab
	@.ci/setup run
	@.ci/with run .ci/connectivity record

check: ## lint, types and unit tests, in about a minute
	@.ci/setup dev
	@.ci/with dev python .ci/gates.py check

test: ## every gate, the tests on the lab too; logs in build/logs
	@.ci/setup dev
	@.ci/with dev python .ci/gates.py test

full: ## make test and all that is too long for it, part by part, to be continued; results in docs/full.md
	@.ci/setup dev run
	@.ci/with dev python .ci/full.py $(PARTS)

bench: ## the benchmarks of make full, on the lab; the figures in docs/benchmarks.md
	@.ci/setup run
	@lab/lab up
	@for benchmark in $(filter-out %/contest.py %/healthy.py,$(wildcard tests/benchmarks/*.py)); do \
	  .ci/with run python $$benchmark || exit; done

healthy: ## the runbooks again and again on the lab, with its oddities too; 90 minutes, the counts in docs/benchmarks.md
	@.ci/setup run
	@lab/lab up
	@.ci/with run python tests/benchmarks/healthy.py

policies: ## cyclonus' 230 NetworkPolicy cases, on the lab; 20 minutes, the counts in docs/policies.md
	@.ci/policies

faults: ## every fault of lab/faults injected, diagnosed, judged and recovered; the score in docs/diagnosis-score.md
	@.ci/setup run
	@lab/lab up
	@.ci/with run lab/fault score

lab: ## start the lab's cluster, or repair it; lab/run COMMAND runs a command as its operator
	@lab/lab up

lab-down: ## take the lab down; what was built stays cached
	@lab/lab down

clean: ## remove build/ of this checkout
	rm -rf build

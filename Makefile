# Every target is one script, so that what it does can be read, and run, without make. Works with GNU make 3.81 (macOS).

.PHONY: help run test lint fmt dev bench soak clean-data
.DEFAULT_GOAL := help

# `make run DEMO=no` starts without the demo business.
DEMO ?= yes

help: ## what the targets do
	@sed -n 's/^\([a-z-]*\):.*## /\1\	/p' Makefile | expand -t 14

run: ## set up what is missing, build, start Tarun with the demo business
	@scripts/run $(if $(filter yes,$(DEMO)),--demo)

test: ## set up what is missing, run all tests: Rust, web, browser
	@scripts/test

lint: ## formatting, lints, types, licences and sources of dependencies, paths in documents
	@scripts/lint

fmt: ## format all sources
	@scripts/fmt

dev: ## debug build with Vite's live reload
	@scripts/dev

bench: ## measure speed; with BENCH_ANCHOR, a folder, beside another stack
	@scripts/bench

soak: ## a long run under load and faults
	@scripts/soak

clean-data: ## delete the data folder, after asking
	@scripts/clean-data

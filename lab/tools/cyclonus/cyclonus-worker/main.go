// Copyright (c) 2026 Kubewire contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What policy-cases starts once in each Pod: cyclonus' own worker, which starts agnhost for each connection:
// here for all of them at once, or a Pod that is denied everything would take eight seconds to say so.
package main

import (
	"os"

	"github.com/mattfenwick/cyclonus/pkg/worker"
)

func main() {
	os.Args = append(os.Args, "--concurrency=36")
	worker.Run()
}

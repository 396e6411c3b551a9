// SPDX-License-Identifier: Apache-2.0

// What `promtool check metrics` does, with the package that does it there: reads a page of metrics on standard input, prints what
// Prometheus' authors would find fault with, and fails if there is anything. promtool itself takes far longer to build.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func main() {
	problems, err := promlint.New(os.Stdin).Lint()
	if err != nil {
		fmt.Fprintln(os.Stderr, "promlint:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Println(problem.Metric, problem.Text)
	}
	if len(problems) > 0 {
		os.Exit(3)
	}
}

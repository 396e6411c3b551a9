// SPDX-License-Identifier: Apache-2.0

// promlint <PAGE does what `promtool check metrics` does, with the package that does it there; promtool itself takes far longer to build.
//
// promlint DASHBOARD PREFIX PAGE... asks whether the pages have what the queries of a Grafana dashboard ask for: each must be one that
// Prometheus parses; each metric in it whose name begins with PREFIX must be there, and if it has samples, with the labels that the query names.
//
// Prints what is wrong, and fails if there is anything.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// Labels that Prometheus' configuration gives each sample, not the page.
var targetLabels = []string{"node", "job", "instance", model.MetricNameLabel}

var typeLine = regexp.MustCompile(`(?m)^# TYPE ([^ ]+) `)

// What Grafana puts in place of its variables.
var variables = strings.NewReplacer("$__rate_interval", "1m", "$__interval", "1m", "$__range", "1h", "$node", ".*")

func lint(page io.Reader) ([]string, error) {
	problems, err := promlint.New(page).Lint()
	var found []string
	for _, problem := range problems {
		found = append(found, problem.Metric+" "+problem.Text)
	}
	return found, err
}

// Appends each string member "expr" in the dashboard.
func queries(node any, to *[]string) {
	switch node := node.(type) {
	case map[string]any:
		if query, ok := node["expr"].(string); ok {
			*to = append(*to, query)
		}
		for _, member := range node {
			queries(member, to)
		}
	case []any:
		for _, member := range node {
			queries(member, to)
		}
	}
}

func labelsOf(family *dto.MetricFamily) []string {
	var names []string
	for _, metric := range family.GetMetric() {
		for _, label := range metric.GetLabel() {
			names = append(names, label.GetName())
		}
	}
	return append(names, targetLabels...)
}

func checkSelector(selector *parser.VectorSelector, grouping []string, prefix string, families map[string]*dto.MetricFamily) []string {
	if !strings.HasPrefix(selector.Name, prefix) {
		return nil
	}
	family, ok := families[selector.Name]
	if !ok {
		return []string{selector.Name + " is not there"}
	}
	if len(family.GetMetric()) == 0 {
		return nil
	}
	var found []string
	known := labelsOf(family)
	for _, matcher := range selector.LabelMatchers {
		grouping = append(grouping, matcher.Name)
	}
	for _, label := range grouping {
		if !slices.Contains(known, label) {
			found = append(found, fmt.Sprintf("%s has no label %s", selector.Name, label))
		}
	}
	return found
}

// Labels of `by` and `without` around the selector.
func groupings(path []parser.Node) []string {
	var labels []string
	for _, node := range path {
		if aggregate, ok := node.(*parser.AggregateExpr); ok {
			labels = append(labels, aggregate.Grouping...)
		}
	}
	return labels
}

func checkQuery(query, prefix string, families map[string]*dto.MetricFamily) []string {
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(variables.Replace(query))
	if err != nil {
		return []string{err.Error()}
	}
	var found []string
	parser.Inspect(expression, func(node parser.Node, path []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found = append(found, checkSelector(selector, groupings(path), prefix, families)...)
		}
		return nil
	})
	return found
}

// Adds those of a page, also those without samples, which the parser leaves out.
func readFamilies(path string, to map[string]*dto.MetricFamily) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	textParser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := textParser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, match := range typeLine.FindAllSubmatch(text, -1) {
		name := string(match[1])
		to[name] = families[name]
	}
	return nil
}

func readQueries(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var dashboard any
	if err := json.Unmarshal(text, &dashboard); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var asked []string
	queries(dashboard, &asked)
	if len(asked) == 0 {
		return nil, fmt.Errorf("%s has no queries", path)
	}
	return asked, nil
}

func checkDashboard(path, prefix string, pages []string) ([]string, error) {
	families := map[string]*dto.MetricFamily{}
	for _, page := range pages {
		if err := readFamilies(page, families); err != nil {
			return nil, err
		}
	}
	asked, err := readQueries(path)
	var found []string
	for _, query := range asked {
		for _, problem := range checkQuery(query, prefix, families) {
			found = append(found, problem+": "+query)
		}
	}
	return found, err
}

func main() {
	var found []string
	var err error
	switch {
	case len(os.Args) == 1:
		found, err = lint(os.Stdin)
	case len(os.Args) > 3:
		found, err = checkDashboard(os.Args[1], os.Args[2], os.Args[3:])
	default:
		err = fmt.Errorf("usage: promlint <PAGE, or promlint DASHBOARD PREFIX PAGE...")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "promlint:", err)
		os.Exit(1)
	}
	for _, problem := range found {
		fmt.Println(problem)
	}
	if len(found) > 0 {
		os.Exit(3)
	}
}

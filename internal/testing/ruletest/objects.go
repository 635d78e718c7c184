// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Objects returns the objects of the case in a cluster, a or b, as a List in JSON.
func (c Case) Objects(cluster string) (string, error) {
	base, _, err := c.healthy()
	if err != nil {
		return "", err
	}
	objects, err := mergeObjects(strings.ReplaceAll(base, "$CLUSTER", cluster), c.sections[cluster+".yaml"])
	if err != nil {
		return "", fmt.Errorf("%s: %s.yaml: %w", c.Name, cluster, err)
	}
	return objects, nil
}

// WantLabels returns the labels of an alert of the rule that the case expects, the name
// included, and false if it expects none.
func (c Case) WantLabels(rule string) (labels.Labels, bool, error) {
	for _, line := range c.Want {
		if name, _, _ := strings.Cut(line, "{"); name != rule {
			continue
		}
		found, err := newParser().ParseMetric(line)
		if err != nil {
			return labels.Labels{}, false, fmt.Errorf("%s: want: %w", c.Name, err)
		}
		b := labels.NewBuilder(found).Del(labels.MetricName).Set("alertname", rule)
		return b.Labels(), true, nil
	}
	return labels.Labels{}, false, nil
}

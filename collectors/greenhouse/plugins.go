// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"cmp"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// definitionRef names the definition of a Plugin. The default kind is PluginDefinition, in the organization of the Plugin.
type definitionRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// labels returns kind, namespace and name as in the rows of the definition.
func (d *definitionRef) labels(namespace string) []string {
	kind := cmp.Or(d.Kind, "PluginDefinition")
	if kind == "ClusterPluginDefinition" {
		namespace = ""
	}
	return []string{kind, namespace, d.Name}
}

type pluginObject struct {
	watch.Labeled

	Spec struct {
		Definition       definitionRef `json:"pluginDefinitionRef"`
		ClusterName      string        `json:"clusterName"`
		ReleaseNamespace string        `json:"releaseNamespace"`
		ReleaseName      string        `json:"releaseName"`
	} `json:"spec"`
	Status struct {
		status

		Version string    `json:"version"`
		Chart   helmChart `json:"helmChart"`
		Release *struct {
			Status       string    `json:"status"`
			LastDeployed time.Time `json:"lastDeployed"`
		} `json:"helmReleaseStatus"`
		Exposed watch.Count `json:"exposedServices"`
	} `json:"status"`
}

// helmChart is a chart. Its repository is not read.
type helmChart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

func plugins() watch.Resource {
	declared := resource("Plugin", pluginFamilies())
	declared.UsesTargets = true
	return newLifecycleResource(declared, func(o *pluginObject, v fleet.View, seen lifecycle.Observation,
		r *exposition.Rows) lifecycle.Memory {
		labels := []string{o.Metadata.Namespace, o.Metadata.Name}
		with := func(more ...string) []string { return append(labels[:2:2], more...) }
		pluginKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
		target := targetOf(v, o.Metadata.Namespace, o.Spec.ClusterName)
		info := append(with(o.Spec.Definition.labels(o.Metadata.Namespace)...), target,
			cmp.Or(o.Spec.ReleaseNamespace, o.Metadata.Namespace), cmp.Or(o.Spec.ReleaseName, o.Metadata.Name),
			o.Status.Version, o.Status.Chart.Name, o.Status.Chart.Version,
			o.Metadata.Labels[presetLabel], o.Metadata.Labels[ownerLabel])
		r.Add(pluginInfo, 1, info...)
		if release := o.Status.Release; release != nil {
			if isWord(release.Status) {
				r.Add(pluginRelease, 1, with(release.Status)...)
			}
			r.Time(pluginDeployed, release.LastDeployed, labels...)
		}
		if o.Status.isProcessed() {
			r.Add(pluginExposed, float64(o.Status.Exposed), labels...)
		}
		id := identities{target, o.Spec.ClusterName, o.Metadata.Labels[presetLabel], nil}
		return o.Status.lifecycleRows(r, "Plugin", &o.Metadata.Meta, id, seen)
	})
}

type presetObject struct {
	watch.Labeled

	Spec struct {
		Plugin struct {
			Definition definitionRef `json:"pluginDefinitionRef"`
		} `json:"plugin"`
	} `json:"spec"`
	Status struct {
		status

		Version string `json:"pluginDefinitionVersion"`
		Total   int64  `json:"totalPlugins"`
		Ready   int64  `json:"readyPlugins"`
		Failed  int64  `json:"failedPlugins"`
		Plugins []struct {
			Name  string              `json:"pluginName"`
			Ready lifecycle.Condition `json:"readyCondition"`
		} `json:"pluginStatuses"`
	} `json:"status"`
}

// notReady returns the names of the Plugins that are not ready.
func (o *presetObject) notReady() []string {
	var names []string
	for _, p := range o.Status.Plugins {
		if p.Ready.Status != "True" && p.Name != "" {
			names = append(names, p.Name)
		}
	}
	return names
}

func presets() watch.Resource {
	return newLifecycleResource(resource("PluginPreset", presetFamilies()),
		func(o *presetObject, _ fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			labels := []string{o.Metadata.Namespace, o.Metadata.Name}
			presetKind.rows(r, &o.Metadata.Meta, &o.Status.status, labels...)
			info := append(labels[:2:2], o.Spec.Plugin.Definition.labels(o.Metadata.Namespace)...)
			r.Add(presetInfo, 1, append(info, o.Status.Version, o.Metadata.Labels[ownerLabel])...)
			if o.Status.isProcessed() {
				r.Add(presetPlugins, float64(o.Status.Total), labels...)
				r.Add(presetReady, float64(o.Status.Ready), labels...)
				r.Add(presetFailed, float64(o.Status.Failed), labels...)
			}
			return o.Status.lifecycleRows(r, "PluginPreset", &o.Metadata.Meta, identities{preset: o.Metadata.Name, parts: o.notReady()}, seen)
		})
}

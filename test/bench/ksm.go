// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
)

// fluxKind is a kind that flux2-monitoring-example configures kube-state-metrics for.
type fluxKind struct {
	group, version, kind, resource string
	// labels beyond name and exported_namespace, "label=path"; a path is separated by blanks.
	labels []string
}

func (k *fluxKind) apiPath() string {
	return "/apis/" + k.group + "/" + k.version + "/" + k.resource
}

// fluxKinds returns the kinds and labels of kube-state-metrics-config.yaml in flux2-monitoring-example.
func fluxKinds() []fluxKind {
	const (
		kustomize = "kustomize.toolkit.fluxcd.io"
		helm      = "helm.toolkit.fluxcd.io"
		source    = "source.toolkit.fluxcd.io"
		notify    = "notification.toolkit.fluxcd.io"
		image     = "image.toolkit.fluxcd.io"

		ready     = "ready=status conditions [type=Ready] status"
		suspended = "suspended=spec suspend"
		artifact  = "revision=status artifact revision"
	)
	repository := []string{ready, suspended, artifact, "url=spec url"}
	return []fluxKind{
		{kustomize, "v1", "Kustomization", "kustomizations", []string{
			ready, suspended, "revision=status lastAppliedRevision", "source_name=spec sourceRef name",
		}},
		{helm, "v2", "HelmRelease", "helmreleases", []string{
			ready, suspended, "revision=status history 0 chartVersion", "chart_name=status history 0 chartName",
			"chart_app_version=status history 0 appVersion", "chart_ref_name=spec chartRef name",
			"chart_source_name=spec chart spec sourceRef name",
		}},
		{source, "v1", "GitRepository", "gitrepositories", repository},
		{source, "v1", "Bucket", "buckets", []string{ready, suspended, artifact, "endpoint=spec endpoint", "bucket_name=spec bucketName"}},
		{source, "v1", "HelmRepository", "helmrepositories", repository},
		{source, "v1", "HelmChart", "helmcharts", []string{ready, suspended, artifact, "chart_name=spec chart", "chart_version=spec version"}},
		{source, "v1", "OCIRepository", "ocirepositories", repository},
		{notify, "v1beta3", "Alert", "alerts", []string{suspended}},
		{notify, "v1beta3", "Provider", "providers", []string{suspended}},
		{notify, "v1", "Receiver", "receivers", []string{ready, suspended, "webhook_path=status webhookPath"}},
		{image, "v1", "ImageRepository", "imagerepositories", []string{ready, suspended, "image=spec image"}},
		{image, "v1", "ImagePolicy", "imagepolicies", []string{ready, suspended, "source_name=spec imageRepositoryRef name"}},
		{image, "v1", "ImageUpdateAutomation", "imageupdateautomations", []string{ready, suspended, "source_name=spec sourceRef name"}},
	}
}

// customResourceState returns the configuration of kube-state-metrics.
func customResourceState() []byte {
	var b bytes.Buffer
	b.WriteString("kind: CustomResourceStateMetrics\nspec:\n  resources:\n")
	for _, k := range fluxKinds() {
		fmt.Fprintf(&b, `    - groupVersionKind: {group: %s, version: %s, kind: %s}
      metricNamePrefix: gotk
      metrics:
        - name: resource_info
          help: The current state of a Flux %s resource.
          each:
            type: Info
            info:
              labelsFromPath:
                name: [metadata, name]
          labelsFromPath:
            exported_namespace: [metadata, namespace]
`, k.group, k.version, k.kind, k.kind)
		for _, label := range k.labels {
			name, path, _ := strings.Cut(label, "=")
			fmt.Fprintf(&b, "            %s: ['%s']\n", name, strings.Join(strings.Fields(path), "', '"))
		}
	}
	return b.Bytes()
}

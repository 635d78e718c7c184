// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package fleet discovers the clusters of the fleet and connects to them.
package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"k8s.io/client-go/rest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// The sources of clusters, as in the label source of cobaltcore_cluster_info.
const (
	SourceKubeconfig = "kubeconfig"
	SourceInCluster  = "in-cluster"
	SourceSnapshot   = "snapshot"
	SourceFluxSecret = "flux-secret"
	SourceGreenhouse = "greenhouse"
	SourceSecret     = "secret"
)

// Cluster is a cluster of the fleet with its connection settings. At most one of Kubeconfig, Credentials and Snapshot
// is set; none is set for the cluster that the exporter runs in. It is comparable: equal values need no new connection.
type Cluster struct {
	Name, Role, Source string
	// Region and Owner may be empty.
	Region, Owner string
	// Kubeconfig is a file, and Context is one of its contexts; empty means the current context.
	Kubeconfig, Context string
	// Credentials are the credentials in the Secret in which the cluster was discovered.
	Credentials *Credentials
	// WatchList streams the initial set of a kind instead of listing it.
	WatchList bool
	// Snapshot is the directory of a snapshot of the cluster.
	Snapshot *snapshot.Dir
}

// Equal reports whether c and other are the same cluster with the same connection settings.
func (c Cluster) Equal(other Cluster) bool {
	a, b := c.Snapshot, other.Snapshot
	c.Snapshot, other.Snapshot = nil, nil
	if c != other || (a == nil) != (b == nil) {
		return false
	}
	return a == nil || *a == *b
}

// Connect returns the client configuration from the current contents of the files or of the Secret. It never falls back
// to another cluster: only an in-cluster source uses the service account of the pod.
func (c Cluster) Connect(ctx context.Context) (*rest.Config, error) {
	if c.Credentials != nil {
		config, _ := c.Credentials.get()
		return config, nil
	}
	if c.Source == SourceInCluster {
		config, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("cluster %q: in-cluster configuration: %w", c.Name, err)
		}
		if config.CAFile == "" { // client-go ignores a CA file that it cannot read
			return nil, fmt.Errorf("cluster %q: in-cluster configuration: the service account has no CA certificate", c.Name)
		}
		return config, nil
	}
	config, err := fromFile(ctx, c.Kubeconfig, c.Context)
	if err != nil {
		return nil, fmt.Errorf("cluster %q: kubeconfig %s: %w", c.Name, c.Kubeconfig, err)
	}
	return config, nil
}

// Fingerprint returns a value that changes when the files or the Secret of the cluster change.
func (c Cluster) Fingerprint(ctx context.Context) string {
	fingerprint, _ := c.fingerprint(ctx)
	return fingerprint
}

// fingerprint also reports whether only the kubeconfig file contributes to the fingerprint.
func (c Cluster) fingerprint(ctx context.Context) (fingerprint string, oneFile bool) {
	if c.Credentials != nil {
		_, fingerprint := c.Credentials.get()
		return fingerprint, false
	}
	h := sha256.New()
	switch {
	case c.Snapshot != nil:
		c.Snapshot.WriteStamp(ctx, h)
	case c.Kubeconfig != "":
		data, err := files.Read(ctx, c.Kubeconfig, files.MaxConfig)
		_, _ = fmt.Fprintln(h, err == nil)
		_, _ = h.Write(data)
		if oneFile = err == nil && !namesFiles(data); !oneFile {
			if config, err := c.Connect(ctx); err == nil {
				_, _ = h.Write(slices.Concat(config.CAData, config.CertData, config.KeyData))
			}
		}
	case c.Source == SourceInCluster:
		if config, err := c.Connect(ctx); err == nil {
			data, _ := files.Read(ctx, config.CAFile, files.MaxCredentials) // an unreadable file counts as changed
			_, _ = h.Write(data)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), oneFile
}

// Fingerprinter returns the fingerprints of a cluster. It reads a kubeconfig again only if the file was written: with a
// hundred contexts in one file, reading it every second for each of them took a quarter of a core, and decoding three.
type Fingerprinter struct {
	file fs.FileInfo // of the kubeconfig with the last fingerprint; nil if it must be read
	last string
}

// writePause is the time after which a file that was written has another modification time when it is written again,
// also on file systems whose times are seconds.
const writePause = 2 * time.Second

// Fingerprint returns [Cluster.Fingerprint].
func (f *Fingerprinter) Fingerprint(ctx context.Context, c Cluster) string {
	if c.Credentials != nil || c.Kubeconfig == "" {
		return c.Fingerprint(ctx)
	}
	now, err := files.Stat(ctx, c.Kubeconfig)
	if err == nil && f.file != nil && os.SameFile(f.file, now) && f.file.Size() == now.Size() && f.file.ModTime().Equal(now.ModTime()) {
		return f.last
	}
	last, oneFile := c.fingerprint(ctx)
	f.file, f.last = nil, last
	if err == nil && oneFile && time.Since(now.ModTime()) > writePause {
		f.file = now
	}
	return last
}

// namesFiles reports whether a kubeconfig may name files with certificates or a key. Most kubeconfigs contain them, as in
// certificate-authority-data.
func namesFiles(kubeconfig []byte) bool {
	for _, key := range []string{"certificate-authority", "client-certificate", "client-key"} {
		for rest := kubeconfig; ; {
			_, after, found := bytes.Cut(rest, []byte(key))
			if !found {
				break
			}
			if !bytes.HasPrefix(after, []byte("-data")) {
				return true
			}
			rest = after
		}
	}
	return false
}

// hasAnswers reports whether a probe queries a system in the cluster, so that its snapshot may consist of responses only.
func hasAnswers(c *config.Config, cluster string) bool {
	return slices.ContainsFunc(c.Collectors.OpenBao, func(o config.OpenBao) bool { return o.Cluster == cluster }) ||
		slices.ContainsFunc(c.Collectors.Aurora, func(a config.Aurora) bool { return a.Cluster == cluster })
}

// FromConfig lists the clusters of a configuration.
func FromConfig(c *config.Config) []Cluster {
	clusters := make([]Cluster, 0, len(c.Clusters))
	for _, in := range c.Clusters {
		out := Cluster{Name: in.Name, Role: in.Role, Region: in.Region, Owner: in.Owner}
		switch {
		case in.Snapshot != nil:
			out.Source = SourceSnapshot
			out.Snapshot = &snapshot.Dir{Path: in.Snapshot.Path, ShiftTime: in.Snapshot.ShiftTime, MayBeEmpty: hasAnswers(c, in.Name)}
		case in.InCluster:
			out.Source, out.WatchList = SourceInCluster, in.WatchList
		default:
			out.Source, out.WatchList = SourceKubeconfig, in.WatchList
			out.Kubeconfig, out.Context = in.Kubeconfig.Path, in.Kubeconfig.Context
		}
		clusters = append(clusters, out)
	}
	return clusters
}

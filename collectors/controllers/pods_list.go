// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
)

const (
	// listTimeout bounds one request to the API server.
	listTimeout = 10 * time.Second
	// pageSize is the number of pods per page. An API server that answers from its cache may send all pods, so
	// the answer is read as a stream.
	pageSize = 200
	// maxPods bounds the pods of a selector: a selector with more pods selects more than the management plane.
	maxPods = 2000
)

// listPods lists the pods of a selector, page by page. The API server may answer from its cache.
func listPods(ctx context.Context, api *fleet.Client, s podSelector) ([]*pod, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var pods []*pod
	query := url.Values{"labelSelector": {s.selector}, "limit": {strconv.Itoa(pageSize)}, "resourceVersion": {"0"}}
	for {
		next, err := listPage(ctx, api, query, func(p *pod) error {
			if len(pods) == maxPods {
				return failure.Errorf(failure.ReasonTooLarge, "%s selects more than %d pods", s.selector, maxPods)
			}
			p.system = s.system
			pods = append(pods, p)
			return nil
		})
		switch {
		case err != nil:
			return nil, err
		case next == "":
			return pods, nil
		case next == query.Get("continue"):
			return nil, failure.Errorf(failure.ReasonDecode, "the list of pods repeats its first page")
		}
		query.Del("resourceVersion") // contained in the token
		query.Set("continue", next)
	}
}

func listPage(ctx context.Context, api *fleet.Client, query url.Values, each func(*pod) error) (next string, err error) {
	body, err := api.Stream(ctx, fleet.Request{Path: "/api/v1/pods", Query: query, Resource: "pods"})
	if err != nil {
		return "", failure.FromAPI(err)
	}
	defer func() { _ = body.Close() }()
	next, err = decodePods(body, each)
	return next, readFailure(err)
}

// decodePods reads a PodList as a stream. It returns the token of the next page.
func decodePods(body io.Reader, each func(*pod) error) (next string, err error) {
	list, err := fleet.ReadList(body, fleet.MaxPage, func(raw []byte) error {
		p := &pod{}
		if err := json.Unmarshal(raw, p, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil || p.Metadata.Name == "" {
			return err
		}
		return each(p)
	})
	switch {
	case err != nil:
		return "", decodeFailure(err)
	case list.Kind != "PodList":
		return "", failure.Errorf(failure.ReasonDecode, "the response is not a list of pods")
	}
	return list.Continue, nil
}

// decodeFailure returns an error of decoding that does not quote the body.
func decodeFailure(err error) error {
	var syntax *jsontext.SyntacticError
	var wrong *json.SemanticError
	switch {
	case errors.As(err, new(*failure.Error)):
		return err
	case errors.Is(err, failure.ErrTooLarge):
		return &failure.Error{Reason: failure.ReasonTooLarge, Err: err}
	case errors.Is(err, failure.ErrDecode):
		return failure.Errorf(failure.ReasonDecode, "the response is not a list of pods")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure.Errorf(failure.ReasonDecode, "the list of pods is incomplete")
	case errors.As(err, &wrong):
		return failure.Errorf(failure.ReasonDecode, "the value of %s has the wrong type", wrong.JSONPointer)
	case errors.As(err, &syntax):
		return failure.Errorf(failure.ReasonDecode, "not valid JSON at byte %d", syntax.ByteOffset)
	}
	return fmt.Errorf("read the list of pods: %w", err)
}

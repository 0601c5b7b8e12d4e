using Microsoft.AspNetCore.Http;

namespace Serverless.Api;

/// <summary>One row of the route table: a method and a path pattern, and what answers.</summary>
internal sealed record Route(string Method, string Pattern, RequestDelegate Handler);

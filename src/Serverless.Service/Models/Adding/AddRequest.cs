namespace Serverless.Service.Models.Adding;

/// <summary>Under which name a model is added.</summary>
/// <param name="Name">The name; see <see cref="AddedName"/>.</param>
/// <param name="Source">Where it comes from, for the record.</param>
/// <param name="Replace">Whether it takes the place of another base of that name.</param>
public sealed record AddRequest(string Name, string Source, bool Replace = false);

namespace Serverless.Service.Models.Adding;

/// <summary>A model that was added.</summary>
/// <param name="Record">As the catalog has it.</param>
/// <param name="IsNew">Whether anything was stored; false where this very content was there under this name.</param>
/// <param name="LeftOut">The paths of files that are no part of the model.</param>
public sealed record AddedModel(ModelRecord Record, bool IsNew, IReadOnlyList<string> LeftOut);

namespace Serverless.Api.Requests;

/// <summary>How a list is sorted by time of creation.</summary>
internal enum ListOrder
{
    /// <summary>Newest first, the default.</summary>
    Descending,

    /// <summary>Oldest first.</summary>
    Ascending,
}

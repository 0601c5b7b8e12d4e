namespace Serverless.Learning.Text.Jinja;

/// <summary>Runs the statements of a template once.</summary>
internal sealed class Interpreter
{
    private readonly RenderBudget _budget;
    private readonly Evaluator _evaluator;
    private MarkedTextBuilder _output;

    public Interpreter(RenderBudget budget)
    {
        _budget = budget;
        _evaluator = new Evaluator(budget);
        _output = new MarkedTextBuilder(budget);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>The line of what is being run.</summary>
    public int Line => _evaluator.Line;

    /// <summary>What the statements write.</summary>
    public MarkedText Run(IReadOnlyList<Statement> statements, Scope scope) => Capture(statements, scope);

    private MarkedText Capture(IReadOnlyList<Statement> statements, Scope scope)
    {
        var outer = _output;
        _output = new MarkedTextBuilder(_budget);
        Execute(statements, scope);
        var text = _output.ToText();
        _output = outer;
        return text;
    }

    private Flow Execute(IReadOnlyList<Statement> statements, Scope scope)
    {
        foreach (var statement in statements)
            if (Execute(statement, scope) is var flow && flow != Flow.Next)
                return flow;
        return Flow.Next;
    }

    private Flow Execute(Statement statement, Scope scope)
    {
        _evaluator.Line = statement.Line;
        _budget.Step();
        _budget.Enter();
        try
        {
            return Dispatch(statement, scope);
        }
        finally
        {
            _budget.Leave();
        }
    }

    private Flow Dispatch(Statement statement, Scope scope)
    {
        switch (statement)
        {
            case Data data:
                Write(data.Text);
                return Flow.Next;
            case Output output:
                Write(PythonText.Str(_evaluator.Evaluate(output.Value, scope), _budget));
                return Flow.Next;
            case If branch:
                return Execute(branch, scope);
            case For loop:
                return Execute(loop, scope);
            case Set set:
                Assign(set.Target, _evaluator.Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlock block:
                Assign(block.Target, Filtered(block.Filters, Capture(block.Body, new Scope(scope)), scope), scope);
                return Flow.Next;
            case FilterBlock block:
                Write(PythonText.Str(Filtered(block.Filters, Capture(block.Body, new Scope(scope)), scope), _budget));
                return Flow.Next;
            case With with:
                return Execute(with, scope);
            case Generation generation:
                return Execute(generation.Body, scope);
            case Macro macro:
                // A macro that is kept keeps the variables around it.
                _budget.Map(scope.Depth * Scope.LikelyVariables);
                scope[macro.Name] = new Callable(macro.Name, arguments => Call(macro, arguments, scope));
                return Flow.Next;
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"no statement {statement.GetType()}");
        }
    }

    private Flow Execute(If branch, Scope scope)
    {
        foreach (var (condition, body) in branch.Branches)
            if (Equality.IsTrue(_evaluator.Evaluate(condition, scope)))
                return Execute(body, scope);
        return Execute(branch.Otherwise, scope);
    }

    private Flow Execute(For loop, Scope scope)
    {
        var items = Sequences.Of(_evaluator.Evaluate(loop.Items, scope), _budget);
        if (loop.Condition is { } condition)
        {
            _budget.List(items.Count);
            items = [.. items.Where(item => Passes(loop.Target, item, condition, scope))];
        }
        if (items.Count == 0)
            return Execute(loop.Otherwise, scope);
        var state = new LoopState(items, _budget);
        for (; state.Index < items.Count; state.Index++)
        {
            _budget.Step();
            var round = new Scope(scope) { ["loop"] = state };
            Assign(loop.Target, items[state.Index], round);
            if (Execute(loop.Body, round) == Flow.Break)
                break;
        }
        return Flow.Next;
    }

    private bool Passes(Target target, object? item, Expression condition, Scope scope)
    {
        var round = new Scope(scope);
        Assign(target, item, round);
        return Equality.IsTrue(_evaluator.Evaluate(condition, round));
    }

    private Flow Execute(With with, Scope scope)
    {
        var inner = new Scope(scope);
        foreach (var (target, value) in with.Variables)
            Assign(target, _evaluator.Evaluate(value, scope), inner);
        return Execute(with.Body, inner);
    }

    private MarkedText Call(Macro macro, Arguments arguments, Scope scope)
    {
        var line = _evaluator.Line;
        arguments.Accept([.. macro.Parameters.Select(parameter => parameter.Name)]);
        var inner = new Scope(scope);
        foreach (var (i, (name, fallback)) in macro.Parameters.Index())
            inner[name] = i < arguments.Positional.Count || arguments.Named.ContainsKey(name) ? arguments.Optional(i, name)
                : fallback is null ? new Undefined(name)
                : _evaluator.Evaluate(fallback, inner);
        var text = Capture(macro.Body, inner);
        _evaluator.Line = line;
        return text;
    }

    private object? Filtered(IReadOnlyList<FilterCall> filters, object? value, Scope scope) =>
        filters.Aggregate(value, (current, filter) => _evaluator.Apply(filter, current, scope));

    private void Assign(Target target, object? value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope[name.Name] = value;
                break;
            case AttributeTarget attribute:
                if (scope[attribute.Name] is not Namespace space)
                    throw new JinjaError($"'{attribute.Name}' is no namespace, so '{attribute.Name}.{attribute.Attribute}' cannot be set");
                space.Attributes[attribute.Attribute] = value;
                break;
            case TupleTarget tuple:
                var items = Sequences.Of(value, _budget);
                if (items.Count != tuple.Items.Count)
                    throw new JinjaError($"{items.Count} values cannot be assigned to {tuple.Items.Count} variables");
                foreach (var (part, item) in tuple.Items.Zip(items))
                    Assign(part, item, scope);
                break;
        }
    }

    private void Write(MarkedText text)
    {
        _output.Append(text);
        if (_output.Length > RenderBudget.MaxOutput)
            throw new BudgetError($"the template writes more than {RenderBudget.MaxOutput} characters");
    }
}

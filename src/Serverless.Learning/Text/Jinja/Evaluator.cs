namespace Serverless.Learning.Text.Jinja;

/// <summary>Computes the values of expressions.</summary>
internal sealed class Evaluator(RenderBudget budget)
{
    /// <summary>The line of what is being run.</summary>
    public int Line { get; set; }

    public object? Evaluate(Expression expression, Scope scope)
    {
        budget.Step();
        budget.Enter();
        Line = expression.Line;
        try
        {
            return Dispatch(expression, scope);
        }
        finally
        {
            budget.Leave();
        }
    }

    /// <summary>The value after a filter.</summary>
    public object? Apply(FilterCall filter, object? value, Scope scope)
    {
        var arguments = Arguments(filter.FilterName, filter.Arguments, scope, value);
        Line = filter.Line;
        return Filters.Apply(filter.FilterName, arguments, budget);
    }

    private object? Dispatch(Expression expression, Scope scope)
    {
        switch (expression)
        {
            case Literal literal:
                return literal.Value;
            case Name name:
                return scope[name.Id];
            case AttributeAccess access:
                return At(access, Members.Attribute(Evaluate(access.Value, scope), access.Attribute, budget));
            case ItemAccess access:
                return Item(access, scope);
            case SliceAccess access:
                return Slice(access, scope);
            case Call call:
                return Invoke(call, scope);
            case FilterCall filter:
                return Apply(filter, Evaluate(filter.Value!, scope), scope);
            case TestCall test:
                var arguments = Arguments(test.TestName, test.Arguments, scope, Evaluate(test.Value, scope));
                Line = test.Line;
                return TypeTests.Holds(test.TestName, arguments, budget) != test.IsNegated;
            case Logic logic:
                return Decide(logic, scope);
            case Not not:
                return !Equality.IsTrue(Evaluate(not.Operand, scope));
            case Comparison comparison:
                return Compare(comparison, scope);
            case Conditional conditional:
                return Equality.IsTrue(Evaluate(conditional.Condition, scope)) ? Evaluate(conditional.Then, scope)
                    : conditional.Otherwise is { } otherwise ? Evaluate(otherwise, scope)
                    : new Undefined("the value of an if without else");
            default:
                return Construct(expression, scope);
        }
    }

    private object? Construct(Expression expression, Scope scope)
    {
        switch (expression)
        {
            case Concatenation concatenation:
                return TextParts.Join(MarkedText.Empty, concatenation.Parts.Select(part => Evaluate(part, scope)), budget);
            case Binary binary:
                var (left, right) = (Evaluate(binary.Left, scope), Evaluate(binary.Right, scope));
                Line = binary.Line;
                return Operators.Apply(binary.Operation, left, right, budget);
            case Sign sign:
                var operand = Evaluate(sign.Operand, scope);
                return sign.IsMinus ? Operators.Negate(operand) : operand;
            case ListLiteral list:
                budget.List(list.Items.Count);
                return new JinjaList([.. list.Items.Select(item => Evaluate(item, scope))], list.IsTuple);
            case MapLiteral map:
                budget.Map(map.Entries.Count);
                return new JinjaMap(map.Entries.Select(entry => KeyValuePair.Create(Key(Evaluate(entry.Key, scope)), Evaluate(entry.Value, scope))));
            default:
                throw new InvalidOperationException($"no expression {expression.GetType()}");
        }
    }

    private object? Item(ItemAccess access, Scope scope)
    {
        var (value, key) = (Evaluate(access.Value, scope), Evaluate(access.Key, scope));
        Line = access.Line;
        return Members.Item(value, key, budget);
    }

    private object? Slice(SliceAccess access, Scope scope)
    {
        var value = Evaluate(access.Value, scope);
        var bounds = new[] { access.Start, access.Stop, access.Step }.Select(bound => bound is null ? null : Evaluate(bound, scope)).ToArray();
        Line = access.Line;
        return Members.Slice(value, bounds[0], bounds[1], bounds[2], budget);
    }

    private object? Invoke(Call call, Scope scope)
    {
        var callee = Evaluate(call.Callee, scope);
        var arguments = Arguments((callee as Callable)?.Name ?? "", call.Arguments, scope);
        Line = call.Line;
        return callee switch
        {
            Callable callable => callable.Call(arguments),
            Undefined undefined => throw new JinjaError($"{undefined}, so it cannot be called"),
            _ => throw new JinjaError($"{PythonText.TypeName(callee)} cannot be called"),
        };
    }

    private object? Decide(Logic logic, Scope scope)
    {
        object? value = null;
        foreach (var operand in logic.Operands)
        {
            value = Evaluate(operand, scope);
            if (Equality.IsTrue(value) != logic.IsAnd)
                return value;
        }
        return value;
    }

    private bool Compare(Comparison comparison, Scope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (operation, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            Line = comparison.Line;
            if (!Compare(operation, left, right))
                return false;
            left = right;
        }
        return true;
    }

    private bool Compare(string operation, object? left, object? right) => operation switch
    {
        "==" => Equality.AreEqual(left, right, budget),
        "!=" => !Equality.AreEqual(left, right, budget),
        "in" => Equality.Contains(right, left, budget),
        "not in" => !Equality.Contains(right, left, budget),
        "<" => Equality.Compare(left, right, budget, operation) < 0,
        "<=" => Equality.Compare(left, right, budget, operation) <= 0,
        ">" => Equality.Compare(left, right, budget, operation) > 0,
        _ => Equality.Compare(left, right, budget, operation) >= 0,
    };

    private Arguments Arguments(string callee, CallArguments arguments, Scope scope, params object?[] first) => new(
        callee,
        [.. first, .. arguments.Positional.Select(argument => Evaluate(argument, scope))],
        arguments.Named.ToDictionary(argument => argument.Name, argument => Evaluate(argument.Value, scope)));

    private object? At(AttributeAccess access, object? value)
    {
        Line = access.Line;
        return value;
    }

    private object Key(object? value)
    {
        budget.Hash(value);
        return JinjaMap.Key(value) ?? throw new JinjaError($"{PythonText.TypeName(value)} cannot be the key of a dictionary");
    }
}
